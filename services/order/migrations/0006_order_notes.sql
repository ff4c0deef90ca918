-- What staff note about orders for each other. Their customers never see it.
create table order_notes (
  id bigint generated always as identity primary key,
  -- of an order that may still be in the queue
  order_id bigint not null,
  -- null where nobody was named: a call on the internal network
  author_id bigint,
  text text not null,
  created_at timestamptz not null default clock_timestamp()
);
create index order_notes_of_order on order_notes (order_id, id);
