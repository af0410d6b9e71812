SELECT o.id, o.customer_id, c.full_name, c.email, o.status, o.total_cents, o.currency, o.created_at
FROM orders o
JOIN customers c ON c.id = o.customer_id
