SELECT i.id, i.order_id, o.status AS order_status, o.currency, o.created_at,
       o.customer_id, c.full_name, i.product_id, p.sku, p.name AS product_name, p.category,
       i.quantity, i.unit_price_cents, i.quantity::bigint * i.unit_price_cents AS line_total_cents
FROM order_items i
JOIN orders o    ON o.id = i.order_id
JOIN customers c ON c.id = o.customer_id
JOIN products p  ON p.id = i.product_id
