SELECT * FROM {{ source('shop', 'order_item_fact') }}
