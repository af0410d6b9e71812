SELECT
    o.customer_id AS customer_id,
    any(o.customer_name) AS customer,
    count() AS orders,
    sum(o.total) AS revenue,
    avg(o.total) AS average_order_value
FROM order_fact AS o
WHERE o.status != 'cancelled'
GROUP BY customer_id
ORDER BY revenue DESC, customer_id
