SELECT
    i.product_id AS product_id,
    any(i.product_name) AS product,
    any(i.product_category) AS category,
    sum(i.quantity) AS quantity,
    sum(i.revenue) AS revenue
FROM order_item_fact AS i
WHERE i.order_status != 'cancelled'
GROUP BY product_id
ORDER BY revenue DESC, product_id
LIMIT 10
