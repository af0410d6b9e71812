SELECT i.id, i.order_id, o.order_date, o.status AS order_status,
       o.customer_id, c.country AS customer_country, c.city AS customer_city,
       i.product_id, p.name AS product_name, p.category AS product_category,
       i.quantity, i.unit_price, i.quantity * i.unit_price AS revenue
FROM order_items i
JOIN orders o        ON o.id = i.order_id
JOIN customers c     ON c.id = o.customer_id
LEFT JOIN products p ON p.id = i.product_id
