-- The accounts that customers transfer money to, as admins set them. One row; it is read as a whole and changed as a whole.
create table bank_accounts (
  id bigint primary key default 1 check (id = 1),
  accounts jsonb not null default '[]' check (jsonb_typeof(accounts) = 'array'),
  updated_at timestamptz not null default clock_timestamp()
);
insert into bank_accounts default values;
