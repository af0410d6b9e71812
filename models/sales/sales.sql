-- history: true
SELECT * FROM sales
