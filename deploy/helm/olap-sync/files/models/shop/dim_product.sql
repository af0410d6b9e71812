SELECT id, name, category, price, created_at
FROM products
