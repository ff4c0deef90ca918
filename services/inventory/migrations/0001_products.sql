create table products (
  id bigint generated always as identity primary key,
  name text not null check (length(name) between 1 and 200),
  price bigint not null check (price between 0 and 1000000000000),
  -- units on hand
  stock bigint not null check (stock >= 0),
  -- units promised to open orders
  reserved bigint not null default 0,
  description text not null default '',
  sku text,
  category text,
  -- an absolute URL, or a path below the address of this service
  image text,
  status text not null default 'published' check (status in ('draft', 'published', 'archived')),
  weight_grams bigint check (weight_grams >= 0),
  version bigint not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  deleted_at timestamptz,
  -- Stands behind the row locks of the code: no bug there can promise what is not here.
  constraint reserved_within_stock check (reserved between 0 and stock)
);

-- The stock ledger: every change of the units on hand, with its reason. A product's stock is the sum of its movements.
create table stock_movements (
  id bigint generated always as identity primary key,
  product_id bigint not null references products (id),
  quantity bigint not null check (quantity <> 0),
  reason text not null check (reason in ('initial', 'count', 'adjustment', 'sale')),
  order_id bigint,
  created_at timestamptz not null default clock_timestamp(),
  check ((reason = 'sale') = (order_id is not null))
);
create index stock_movements_of_product on stock_movements (product_id, id);

create table outbox (
  id bigint generated always as identity primary key,
  type text not null,
  subject_id bigint not null,
  version bigint not null,
  data jsonb not null,
  occurred_at timestamptz not null default clock_timestamp(),
  -- when the relay should see to it; null once nothing has to follow from it
  due_at timestamptz,
  attempts integer not null default 0,
  last_error text
);
create index outbox_due on outbox (due_at) where due_at is not null;

-- Products whose numbers changed since the last stock.changed event. A flash sale touches one row here a thousand times and tells others
-- a few times a second.
create table stock_changes (
  product_id bigint primary key references products (id)
);
