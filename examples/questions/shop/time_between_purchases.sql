SELECT
    o.customer_id AS customer_id,
    any(o.customer_name) AS customer,
    count() AS orders,
    dateDiff('day', min(o.order_date), max(o.order_date)) / (orders - 1) AS days_between_purchases
FROM order_fact AS o
WHERE o.status != 'cancelled'
GROUP BY customer_id
HAVING orders > 1
ORDER BY days_between_purchases, customer_id
