-- One stored answer for each order that asked for units. Whoever asks again gets the same one.
create table decisions (
  order_id bigint primary key,
  state text not null check (state in ('reserved', 'rejected', 'released', 'consumed')),
  -- why it was rejected
  reason text,
  -- [{product_id, name, unit_price, quantity}] as they were at the moment of the decision
  lines jsonb not null,
  -- [{product_id, requested, available}]
  shortages jsonb not null default '[]',
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  check (state <> 'rejected' or reason is not null)
);
