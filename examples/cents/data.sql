-- One order for a first look.

BEGIN;

INSERT INTO customers (id, email, full_name) VALUES (1, 'ada@example.com', 'Ada Lovelace');

INSERT INTO products (id, sku, name, category, price_cents) VALUES
    (1, 'SKU-00001', 'Kettle', 'home', 1999),
    (2, 'SKU-00002', 'Yoga Mat', 'fitness', 499),
    (3, 'SKU-00003', 'Laptop', 'tech', 12500);

INSERT INTO orders (id, customer_id, total_cents, currency, created_at) VALUES
    (10, 1, 41997, 'GBP', '2026-01-21T12:00:00.123456Z');

INSERT INTO order_items (id, order_id, product_id, quantity, unit_price_cents) VALUES
    (100, 10, 1, 2, 1999),
    (101, 10, 2, 1, 499),
    (102, 10, 3, 3, 12500);

COMMIT;
