SELECT * FROM sales_territory
