-- Order ids are handed out in blocks, so that an id is known before the order is written, whichever engine holds the queue.
create sequence order_ids increment by 100;

create sequence new_orders_positions;

-- Orders that were accepted, in the order in which they were written. Rows are never changed by deciding: a cursor moves over them, and
-- they stay for the life of their idempotency keys.
create table new_orders (
  position bigint primary key default nextval('new_orders_positions'),
  order_id bigint not null unique,
  user_id bigint not null,
  lines jsonb not null,
  -- the caller's name for one attempt, and what was asked under it
  idempotency_key text,
  body_hash text,
  accepted_at timestamptz not null default clock_timestamp(),
  check ((idempotency_key is null) = (body_hash is null))
);
create unique index new_orders_idempotency on new_orders (user_id, idempotency_key) where idempotency_key is not null;

-- How far the worker has come: every order up to `position` is decided. One worker at a time holds the lease; another takes over when
-- it is not renewed. Two of them at once would do no harm (decisions are stored once), only work twice.
create table new_orders_progress (
  only_row boolean primary key default true check (only_row),
  position bigint not null default 0,
  leased_by text,
  leased_until timestamptz not null default '-infinity'
);
insert into new_orders_progress default values;

-- Orders that could not be decided, set aside until staff replay or reject them.
create table parked_orders (
  order_id bigint primary key,
  reason text not null,
  parked_at timestamptz not null default clock_timestamp()
);
