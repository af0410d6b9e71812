SELECT id, email, name, country, city, created_at
FROM customers
