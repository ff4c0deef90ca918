-- A sheet names products by their codes, hundreds at a time.
create index products_by_sku on products (sku) where sku is not null and deleted_at is null;
