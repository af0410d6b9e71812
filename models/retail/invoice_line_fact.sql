SELECT l.line_id, l.invoice_no, i.invoice_no LIKE 'C%' AS is_cancelled,
       i.invoice_date, i.invoice_date::date AS invoice_day,
       date_trunc('week', i.invoice_date)::date AS invoice_week,
       date_trunc('month', i.invoice_date)::date AS invoice_month,
       extract(year FROM i.invoice_date)::int AS invoice_year,
       i.customer_id, c.customer_name, c.country,
       l.stock_code, s.description,
       l.quantity, l.unit_price, l.quantity * l.unit_price AS line_total
FROM invoice_line l
JOIN invoice i       ON i.invoice_no = l.invoice_no
JOIN stock s         ON s.stock_code = l.stock_code
LEFT JOIN customer c ON c.customer_id = i.customer_id
