-- history: true
SELECT * FROM products
