-- Whoever keeps a copy of the products asks for those that were taken out, which are few among many.
create index products_deleted on products (id) where deleted_at is not null;
