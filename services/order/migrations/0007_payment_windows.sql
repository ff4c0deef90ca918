-- How long customers may take to pay, where admins say something else than the environment: `standard`, or a payment method. Read by the
-- statements that set deadlines, so that a change counts at once in every process. Six rows at most, and no look at an index.
create table payment_windows (
  name text primary key check (name in ('standard', 'CASH', 'VIRTUAL_ACCOUNT', 'QRIS', 'EWALLET', 'BANK_TRANSFER')),
  -- 0: no deadline
  seconds float8 not null check (seconds between 0 and 31536000),
  updated_at timestamptz not null default clock_timestamp()
);
