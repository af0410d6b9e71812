SELECT * FROM {{ source('shop', 'dim_product') }}
