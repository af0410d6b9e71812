package dev.olapsync.model;

/** The schemas of the scenarios. */
final class Schemas {

    static final String SHOP = """
            CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, name text NOT NULL, country text, city text,
              created_at timestamptz NOT NULL DEFAULT now());
            CREATE TABLE products (id bigint PRIMARY KEY, name text NOT NULL, category text, price numeric(10,2) NOT NULL,
              created_at timestamptz NOT NULL DEFAULT now());
            CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers,
              order_date timestamptz NOT NULL, status text NOT NULL, total numeric(10,2));
            CREATE TABLE order_items (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders,
              product_id bigint REFERENCES products, quantity int NOT NULL, unit_price numeric(10,2) NOT NULL);
            CREATE INDEX ON orders (customer_id);
            CREATE INDEX ON order_items (order_id);
            CREATE INDEX ON order_items (product_id);
            """;

    static final String SCHOOL = """
            CREATE TABLE student (student_id int PRIMARY KEY, name text);
            CREATE TABLE contact (contact_id int PRIMARY KEY, student_id int, contact_number text);
            """;

    private Schemas() {}
}
