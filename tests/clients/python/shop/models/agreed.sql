{{ config(contract={'enforced': true}) }}
select id, customer from {{ ref('orders') }}
