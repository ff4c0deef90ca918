create table users (
  id bigint generated always as identity primary key,
  name text not null check (length(name) between 1 and 200),
  phone text not null,
  phone_e164 text not null,
  created_at timestamptz not null default clock_timestamp()
);
