SELECT o.id, o.customer_id, c.name AS customer_name, c.email AS customer_email,
       o.order_date, o.status, o.total
FROM orders o
JOIN customers c ON c.id = o.customer_id
