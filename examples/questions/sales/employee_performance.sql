SELECT
    s.employee_id AS employee_id,
    s.employee_name AS employee,
    s.sales_territory_id AS territory_id,
    s.sales_territory_country AS country,
    s.sales_territory_region AS region,
    sum(s.sales_amount) AS amount,
    count() AS sales
FROM sales_fact AS s
GROUP BY ALL
ORDER BY amount DESC, employee_id, territory_id
