create table feed_positions (
  feed text primary key,
  after bigint not null,
  -- ids below it that may still be committed
  missing jsonb not null,
  revision bigint not null default 1
);
