SELECT
    toDate(i.order_date) AS day,
    sum(i.revenue) AS revenue
FROM order_item_fact AS i
WHERE i.order_status != 'cancelled'
GROUP BY day
ORDER BY day
