-- What each customer has bought, how often, and how many days lay between two purchases.
WITH bought AS (
    SELECT customer_id, id, order_date, total FROM {{ ref('stg_orders') }} WHERE status != 'cancelled'
)
SELECT
    customer_id,
    any(c.name) AS name,
    any(c.country) AS country,
    count() AS orders,
    sum(total) AS revenue,
    revenue / orders AS average_order_value,
    min(order_date) AS first_order,
    max(order_date) AS last_order,
    if(orders > 1, dateDiff('day', first_order, last_order) / (orders - 1), NULL) AS days_between_orders
FROM bought
JOIN {{ ref('stg_customers') }} AS c ON c.id = bought.customer_id
GROUP BY customer_id
