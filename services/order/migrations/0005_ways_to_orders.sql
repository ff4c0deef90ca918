-- How staff find orders among millions. Nothing here slows an order down by what can be measured: no update of an order was ever HOT,
-- since its status stands in the conditions of indexes, and a BRIN index is touched once for each new version of a row.
set local statement_timeout = 0;

-- Which parts of the table hold orders of a time, a status or a payment method: what is rare is found without reading all. Reports read
-- by `updated_at`, before which nothing has happened to an order.
create index orders_ranges on orders using brin (
  created_at,
  updated_at,
  status text_bloom_ops (n_distinct_per_range = 16),
  payment_method text_bloom_ops (n_distinct_per_range = 16)
) with (pages_per_range = 32);

-- With the status in it they are counted without looking at the orders.
drop index orders_unconfirmed;
create index orders_unconfirmed on orders (id) include (status) where status in ('paid', 'confirming');
