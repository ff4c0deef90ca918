-- What the shop says of itself: one row, which is always there.
create table shop (
  id bigint primary key default 1 check (id = 1),
  -- null until somebody names it: then it is called as SHOP_NAME says
  name text check (length(name) between 1 and 60),
  -- one of what products.images holds
  logo jsonb,
  -- what customers can choose, the default first
  languages text[] not null default '{id,en}' check (cardinality(languages) > 0),
  time_zone text not null default 'Asia/Jakarta',
  low_stock_at bigint not null default 5 check (low_stock_at >= 0),
  version bigint not null default 1,
  updated_at timestamptz not null default clock_timestamp()
);
insert into shop default values;
