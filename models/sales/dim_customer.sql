-- history: true
SELECT * FROM customer
