create table payments (
  id bigint generated always as identity primary key,
  order_id bigint not null,
  user_id bigint not null,
  amount bigint not null check (amount >= 0),
  payment_method text not null check (payment_method in ('CASH', 'VIRTUAL_ACCOUNT', 'QRIS', 'EWALLET', 'BANK_TRANSFER')),
  state text not null default 'open' check (
    state in ('open', 'completed', 'expired', 'voided', 'refund_due', 'refunded')
  ),
  -- why money has to be given back
  reason text,
  provider text not null,
  -- what the payer needs: text of the QR code, account number
  reference text not null,
  -- the word of a bank or provider that the money has arrived, before it is known what it pays
  receipt text,
  -- how the money was given back
  refund_reference text,
  version bigint not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  completed_at timestamptz,
  -- the order's deadline as it was last seen; the order itself is the arbiter
  expires_at timestamptz,
  updated_at timestamptz not null default clock_timestamp(),
  check (state not in ('completed', 'refund_due', 'refunded') or completed_at is not null),
  check (state not in ('refund_due', 'refunded') or reason is not null),
  check (state <> 'refunded' or refund_reference is not null)
);
-- One open payment of a method: asking again, even at the same moment, finds it.
create unique index payments_open on payments (order_id, payment_method) where state = 'open';
-- Behind the order, which says yes to one payment only: no order is ever paid twice.
create unique index payments_completed on payments (order_id) where state = 'completed';
create index payments_of_order on payments (order_id);

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
