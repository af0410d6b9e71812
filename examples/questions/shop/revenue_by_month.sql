SELECT
    toStartOfMonth(i.order_date) AS month,
    sum(i.revenue) AS revenue
FROM order_item_fact AS i
WHERE i.order_status != 'cancelled'
GROUP BY month
ORDER BY month
