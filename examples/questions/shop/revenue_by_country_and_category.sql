SELECT
    i.customer_country AS country,
    i.product_category AS category,
    sum(i.revenue) AS revenue
FROM order_item_fact AS i
WHERE i.order_status != 'cancelled'
GROUP BY country, category
ORDER BY revenue DESC, country, category
