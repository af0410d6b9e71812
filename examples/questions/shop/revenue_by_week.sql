SELECT
    toMonday(i.order_date) AS week,
    sum(i.revenue) AS revenue
FROM order_item_fact AS i
WHERE i.order_status != 'cancelled'
GROUP BY week
ORDER BY week
