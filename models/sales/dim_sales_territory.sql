-- history: true
SELECT * FROM sales_territory
