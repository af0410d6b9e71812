-- The columns that an item has of its order, customer and product are those of their own rows.
SELECT i.id
FROM {{ ref('stg_order_items') }} AS i
JOIN {{ ref('stg_orders') }} AS o ON o.id = i.order_id
JOIN {{ ref('stg_customers') }} AS c ON c.id = i.customer_id
JOIN {{ ref('stg_products') }} AS p ON p.id = i.product_id
WHERE i.order_status != o.status OR i.customer_id != o.customer_id OR i.customer_city != c.city
    OR i.product_name != p.name OR i.revenue != i.quantity * i.unit_price OR o.customer_name != c.name
