-- Sales: employees of some territories sell to customers.

CREATE TABLE sales_territory (
    sales_territory_id      int PRIMARY KEY,
    sales_territory_country text NOT NULL,
    sales_territory_region  text NOT NULL,
    sales_territory_city    text NOT NULL,
    created_at              timestamptz NOT NULL DEFAULT now()
);

-- sales_territory_id is the employee's home, which need not be where a sale was made.
CREATE TABLE employee (
    employee_id        int PRIMARY KEY,
    employee_name      text NOT NULL,
    sales_territory_id int REFERENCES sales_territory,
    created_at         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE customer (
    customer_id             int PRIMARY KEY,
    title                   text,
    first_name              text,
    middle_name             text,
    last_name               text,
    suffix                  text,
    birth_date              text,
    marital_status          text,
    gender                  text,
    email_address           text,
    phone                   text,
    address_line1           text,
    address_line2           text,
    postal_code             text,
    city                    text,
    education               text,
    occupation              text,
    yearly_income           int,
    total_children          int,
    number_children_at_home int,
    house_owner_flag        boolean,
    number_cars_owned       int,
    date_first_purchase     text,
    commute_distance        text,
    created_at              timestamptz NOT NULL DEFAULT now()
);

-- duedate is text, as it came from an older system: not every value is a date.
CREATE TABLE sales (
    sales_id           int PRIMARY KEY,
    customer_id        int REFERENCES customer,
    employee_id        int NOT NULL REFERENCES employee,
    sales_territory_id int REFERENCES sales_territory,
    order_date         date NOT NULL,
    shipdate           date,
    duedate            text,
    order_quantity     int NOT NULL,
    unit_price         int NOT NULL,
    discount_amount    int NOT NULL DEFAULT 0,
    tax_amount         int NOT NULL DEFAULT 0,
    freight            int NOT NULL DEFAULT 0,
    sales_amount       bigint NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT now()
);

-- The history of a table needs the whole old row in each change.
ALTER TABLE sales_territory REPLICA IDENTITY FULL;
ALTER TABLE employee REPLICA IDENTITY FULL;
ALTER TABLE customer REPLICA IDENTITY FULL;
ALTER TABLE sales REPLICA IDENTITY FULL;

-- olap-sync finds the children of a changed parent through these.
CREATE INDEX employee_sales_territory_id ON employee (sales_territory_id);
CREATE INDEX sales_customer_id ON sales (customer_id);
CREATE INDEX sales_employee_id ON sales (employee_id);
CREATE INDEX sales_sales_territory_id ON sales (sales_territory_id);
