create table orders (
  -- from the sequence of the queue: an order has its id before it is decided
  id bigint primary key,
  user_id bigint not null,
  status text not null check (
    status in ('awaiting_payment', 'rejected', 'paid', 'expired', 'canceled', 'confirming', 'confirmed')
  ),
  -- [{product_id, name, unit_price, quantity}] as inventory decided it. Written once and always read whole, so no table of its own.
  lines jsonb not null,
  quantity bigint not null,
  total_price bigint not null,
  payment_method text,
  paid_by_payment_id bigint,
  -- why it was rejected
  reason text,
  shortages jsonb not null default '[]',
  idempotency_key text,
  version bigint not null default 1,
  -- when it was accepted into the queue
  created_at timestamptz not null,
  -- when this database recorded the reservation; payment windows count from here
  reserved_at timestamptz not null default clock_timestamp(),
  -- null: no deadline
  expires_at timestamptz,
  updated_at timestamptz not null default clock_timestamp(),
  check (status not in ('paid', 'confirming', 'confirmed') or paid_by_payment_id is not null),
  check (status <> 'rejected' or reason is not null)
);
create index orders_of_user on orders (user_id, id);
-- Small at any time: only what is open or waits for staff.
create index orders_due on orders (expires_at) where status = 'awaiting_payment';
create index orders_unconfirmed on orders (id) where status in ('paid', 'confirming');

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
