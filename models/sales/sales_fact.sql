SELECT s.sales_id, s.order_date, s.shipdate, s.duedate, s.order_quantity, s.unit_price, s.discount_amount,
       s.tax_amount, s.freight, s.sales_amount, s.created_at,
       s.customer_id, c.first_name AS customer_first_name, c.last_name AS customer_last_name, c.gender AS customer_gender,
       c.yearly_income AS customer_yearly_income, c.house_owner_flag AS customer_house_owner_flag,
       s.employee_id, e.employee_name,
       s.sales_territory_id, t.sales_territory_country, t.sales_territory_region, t.sales_territory_city,
       e.sales_territory_id AS home_territory_id, h.sales_territory_country AS home_territory_country,
       h.sales_territory_region AS home_territory_region, h.sales_territory_city AS home_territory_city
FROM sales s
LEFT JOIN customer c        ON c.customer_id = s.customer_id
LEFT JOIN employee e        ON e.employee_id = s.employee_id
LEFT JOIN sales_territory t ON t.sales_territory_id = s.sales_territory_id
LEFT JOIN sales_territory h ON h.sales_territory_id = e.sales_territory_id
