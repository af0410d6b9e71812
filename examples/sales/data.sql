-- Four sales for a first look.

BEGIN;

INSERT INTO sales_territory VALUES
    (1, 'South Africa', 'Western Cape', 'Cape Town', '2023-09-01 08:00:00+00'),
    (2, 'South Africa', 'Gauteng', 'Johannesburg', '2023-09-01 08:00:00+00'),
    (3, 'Nigeria', 'Lagos', 'Lagos', '2023-09-01 08:00:00+00');

INSERT INTO employee VALUES
    (1, 'John Doe', 1, '2023-09-02 08:00:00+00'),
    (2, 'Jane Smith', 2, '2023-09-02 08:00:00+00'),
    (3, 'Bob Johnson', 1, '2023-09-02 08:00:00+00'),
    (4, 'Mary Brown', 3, '2023-09-02 08:00:00+00'),
    (5, 'Mike Wilson', 2, '2023-09-02 08:00:00+00');

INSERT INTO customer (customer_id, first_name, last_name, birth_date, gender, email_address, city, yearly_income,
                      house_owner_flag, created_at) VALUES
    (2496, 'Samantha', 'Smith', '1977-11-06', 'F', 'samantha.smith@example.com', 'Cape Town', 60000, true,
     '2023-10-31 15:22:10.595+00');

INSERT INTO sales (sales_id, customer_id, employee_id, sales_territory_id, order_date, shipdate, duedate,
                   order_quantity, unit_price, sales_amount, created_at) VALUES
    (2, 2496, 2, 3, '2023-10-20', '2023-10-27', '2023-11-01', 96, 1, 7, '2023-10-20 09:00:00+00'),
    (10, NULL, 1, 1, '2023-10-21', '2023-10-28', '2023-11-02', 1, 5, 5, '2023-10-21 09:00:00+00'),
    (11, NULL, 1, 1, '2023-10-22', '2023-10-29', '2023-11-03', 2, 5, 10, '2023-10-22 09:00:00+00'),
    (12, NULL, 4, 3, '2023-10-23', NULL, NULL, 1, 3, 3, '2023-10-23 09:00:00+00');

COMMIT;
