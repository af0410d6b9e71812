-- Products by revenue, without cancelled orders.
WITH sold AS (
    SELECT
        product_id,
        any(product_name) AS name,
        any(product_category) AS category,
        sum(i.quantity) AS quantity,
        sum(i.revenue) AS revenue
    FROM {{ ref('stg_order_items') }} AS i
    WHERE order_status != 'cancelled'
    GROUP BY product_id
)
SELECT *, row_number() OVER (ORDER BY revenue DESC, product_id) AS place
FROM sold
