-- What the shop shows, built from the events of the inventory service, which is the one source. It can be dropped and built anew.
create table products (
  id bigint primary key,
  name text not null default '',
  description text not null default '',
  price bigint not null default 0,
  -- units that can be sold now
  stock bigint not null default 0,
  category text,
  category_slug text,
  slug text,
  sku text,
  image text,
  images jsonb not null default '[]',
  status text not null default 'draft',
  weight_grams bigint,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  -- Versions of the product that its fields and its stock come from. Events that come late change nothing.
  fields_version bigint not null default 0,
  stock_version bigint not null default 0,
  version bigint generated always as (greatest(fields_version, stock_version)) stored,
  -- Deleted products keep their row, so that an event that comes late does not bring them back.
  is_deleted boolean not null default false,
  -- Not yet where its stock was heard of before the product itself.
  is_shown boolean generated always as (fields_version > 0 and not is_deleted) stored
);

create table feed_positions (
  feed text primary key,
  after bigint not null,
  -- ids below it that may still be committed
  missing jsonb not null,
  revision bigint not null default 1
);
