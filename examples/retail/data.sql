-- Seven invoices for a first look: two of one customer, one over the counter, one cancellation.

BEGIN;

INSERT INTO customer VALUES
    (17850, 'Hannah Weiss', 'United Kingdom'),
    (13047, 'Olu Adeyemi', 'United Kingdom'),
    (12583, 'Claire Dubois', 'France'),
    (12662, 'Jörg Müller', 'Germany');

INSERT INTO stock VALUES
    ('85123A', 'WHITE HANGING HEART T-LIGHT HOLDER'),
    ('71053', 'WHITE METAL LANTERN'),
    ('22752', 'SET 7 BABUSHKA NESTING BOXES'),
    ('POST', 'POSTAGE'),
    ('21777', NULL);

INSERT INTO invoice VALUES
    ('536365', 17850, '2010-12-01 08:26:00'),
    ('536366', 17850, '2010-12-01 08:28:00'),
    ('536370', 12583, '2010-12-01 08:45:00'),
    ('536414', NULL, '2010-12-05 11:52:00'),
    ('C536379', 17850, '2010-12-08 09:41:00'),
    ('539001', 13047, '2011-01-03 10:00:00'),
    ('539002', 12662, '2011-01-09 23:59:59');

INSERT INTO invoice_line (line_id, invoice_no, stock_code, quantity, unit_price) VALUES
    (1, '536365', '85123A', 6, 2.550),
    (2, '536365', '71053', 6, 3.390),
    (3, '536366', '85123A', 6, 2.550),
    (4, '536366', '85123A', 2, 2.550),
    (5, '536370', '22752', 24, 7.650),
    (6, '536370', 'POST', 3, 18.000),
    (7, '536414', '21777', 56, 0.001),
    (8, 'C536379', '85123A', -2, 2.550),
    (9, '539001', '71053', 10, 3.390),
    (10, '539002', 'POST', 1, 18.000);

SELECT setval(pg_get_serial_sequence('invoice_line', 'line_id'), 10);

COMMIT;
