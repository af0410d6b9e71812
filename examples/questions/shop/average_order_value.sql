SELECT
    count() AS orders,
    sum(o.total) AS revenue,
    avg(o.total) AS average_order_value
FROM order_fact AS o
WHERE o.status != 'cancelled'
