SELECT * FROM {{ source('shop', 'dim_customer') }}
