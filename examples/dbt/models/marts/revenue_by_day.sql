-- Revenue by country and category, of each day; without cancelled orders. toMonday() and toStartOfMonth() give weeks and months.
SELECT
    toDate(order_date) AS day,
    toMonday(day) AS week,
    toStartOfMonth(day) AS month,
    customer_country AS country,
    product_category AS category,
    sum(revenue) AS revenue,
    sum(quantity) AS quantity,
    uniqExact(order_id) AS orders
FROM {{ ref('stg_order_items') }}
WHERE order_status != 'cancelled'
GROUP BY day, country, category
