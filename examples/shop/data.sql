-- A small shop for a first look: one order written out, and a few dozen rows more.

BEGIN;

INSERT INTO customers (id, email, name, country, city) VALUES
    (1, 'john@example.com', 'John Doe', 'USA', 'San Francisco'),
    (2, 'alice.smith@example.com', 'Alice Smith', 'UK', 'London');

INSERT INTO products (id, name, category, price) VALUES
    (1, 'MacBook Pro', 'Electronics', 1999.99),
    (2, 'Desk', 'Furniture', 250.00);

INSERT INTO orders (id, customer_id, order_date, status, total) VALUES
    (1, 1, '2025-10-21T19:33:53.571Z', 'completed', 1999.99);

INSERT INTO order_items (id, order_id, product_id, quantity, unit_price) VALUES
    (1, 1, 1, 1, 1999.99),
    (2, 1, 2, 3, 250.00);

INSERT INTO customers (id, email, name, country, city)
SELECT n,
       'customer' || n || '@example.com',
       (ARRAY['Ada', 'Bruno', 'Chloé', 'Dmitri', 'Emeka', 'Frida', 'Grace', 'Hiro'])[1 + n % 8]
           || ' ' || (ARRAY['Okafor', 'García', 'Lindqvist', 'O''Brien', 'Schäfer', 'Tanaka', 'Петров'])[1 + n % 7],
       (ARRAY['USA', 'UK', 'Germany', 'Nigeria'])[1 + n % 4],
       (ARRAY['Chicago', 'Leeds', 'Köln', 'Lagos'])[1 + n % 4]
FROM generate_series(3, 24) AS n;

INSERT INTO products (id, name, category, price)
SELECT n,
       (ARRAY['Lamp', 'Chair', 'Keyboard', 'Monitor 27"', 'Kettle'])[1 + n % 5] || ' No. ' || n,
       (ARRAY['Furniture', 'Furniture', 'Electronics', 'Electronics', 'Kitchen'])[1 + n % 5],
       n * 7 + 0.99
FROM generate_series(3, 12) AS n;

INSERT INTO orders (id, customer_id, order_date, status, total)
SELECT n,
       1 + n * 5 % 24,
       timestamptz '2025-10-22T08:00:00Z' + n * interval '7 hours 13 minutes',
       (ARRAY['created', 'paid', 'shipped', 'completed', 'cancelled'])[1 + n % 5],
       0
FROM generate_series(2, 40) AS n;

INSERT INTO order_items (id, order_id, product_id, quantity, unit_price)
SELECT row_number() OVER (ORDER BY o.id, line) + 2, o.id, p.id, 1 + (o.id + line) % 4, p.price
FROM orders o
CROSS JOIN generate_series(1, 3) AS line
JOIN products p ON p.id = 1 + (o.id * 3 + line) % 12
WHERE o.id > 1 AND line <= 1 + o.id % 3;

UPDATE orders o
SET total = (SELECT sum(i.quantity * i.unit_price) FROM order_items i WHERE i.order_id = o.id)
WHERE o.id > 1;

-- rows inserted from now on get the next numbers
SELECT setval(pg_get_serial_sequence('customers', 'id'), max(id)) FROM customers;
SELECT setval(pg_get_serial_sequence('products', 'id'), max(id)) FROM products;
SELECT setval(pg_get_serial_sequence('orders', 'id'), max(id)) FROM orders;
SELECT setval(pg_get_serial_sequence('order_items', 'id'), max(id)) FROM order_items;

COMMIT;
