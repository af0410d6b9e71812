SELECT * FROM {{ source('shop', 'order_fact') }}
