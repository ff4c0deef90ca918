-- What an order asks for, as whoever wrote it and whoever decides it understand it: the queue carries it and does not look inside. Gateways
-- of the version before still write `lines`.
alter table new_orders add column body jsonb;
alter table new_orders alter column lines drop not null;
