-- For the lists of staff, by what changes rarely. There is none on stock, reserved or updated_at, on purpose: an index on a column that
-- an order changes makes each of its changes write to all indexes.
create index products_by_name on products (lower(name), id) where deleted_at is null;
create index products_by_price on products (price, id) where deleted_at is null;
