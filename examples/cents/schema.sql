-- A shop that counts its money in cents, and tells other systems what happens through an outbox.

CREATE TABLE customers (
    id         int PRIMARY KEY,
    email      text        NOT NULL UNIQUE,
    full_name  text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE products (
    id          int PRIMARY KEY,
    sku         text        NOT NULL UNIQUE,
    name        text        NOT NULL,
    category    text        NOT NULL,
    price_cents int         NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE orders (
    id          int PRIMARY KEY,
    customer_id int         NOT NULL REFERENCES customers,
    status      text        NOT NULL DEFAULT 'created',
    total_cents bigint      NOT NULL,
    currency    char(3)     NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- unit_price_cents is the price at the time of sale: a later change of products.price_cents does not touch it.
CREATE TABLE order_items (
    id               int PRIMARY KEY,
    order_id         int NOT NULL REFERENCES orders,
    product_id       int NOT NULL REFERENCES products,
    quantity         int NOT NULL,
    unit_price_cents int NOT NULL
);

-- Written in the transaction of the change that it tells of, and only inserted.
CREATE TABLE outbox_events (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    aggregate_type text        NOT NULL,
    aggregate_id   text        NOT NULL,
    event_type     text        NOT NULL,
    payload        jsonb       NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now()
);

-- The history of prices needs the whole old row in each change.
ALTER TABLE products REPLICA IDENTITY FULL;

-- olap-sync finds the children of a changed parent through these.
CREATE INDEX orders_customer_id ON orders (customer_id);
CREATE INDEX order_items_order_id ON order_items (order_id);
CREATE INDEX order_items_product_id ON order_items (product_id);
