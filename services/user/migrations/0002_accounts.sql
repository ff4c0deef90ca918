-- An account has an address and a password and may have no phone number; a customer without an account has the number alone.
alter table users
  alter column phone drop not null,
  alter column phone_e164 drop not null,
  add column email text check (length(email) between 3 and 254),
  add column password_hash text,
  add column role text not null default 'customer' check (role in ('customer', 'viewer', 'staff', 'admin')),
  add column banned_at timestamptz;

create unique index users_email on users (lower(email)) where email is not null;

create table sessions (
  id bigint generated always as identity primary key,
  user_id bigint not null references users (id),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  ended_at timestamptz
);

create index sessions_open on sessions (user_id) where ended_at is null;
create index sessions_ended on sessions (expires_at) where ended_at is not null;
