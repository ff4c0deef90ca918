-- When an order went which step. Each is set by the UPDATE that makes the step.
set local statement_timeout = 0;

alter table orders
  add column paid_at timestamptz,
  add column confirmed_at timestamptz,
  -- when it was rejected, expired or canceled
  add column ended_at timestamptz;

-- Of orders that are there already the events tell. Where these were dropped, the time of the last change is that of the last step, and
-- a payment followed soon after the reservation.
with told as (
  select subject_id,
    max(occurred_at) filter (where type = 'order.paid') as paid_at,
    max(occurred_at) filter (where type = 'order.confirmed') as confirmed_at,
    max(occurred_at) filter (where type in ('order.rejected', 'order.expired', 'order.canceled')) as ended_at
  from outbox where type like 'order.%' group by subject_id
)
update orders o set
  paid_at = case when o.paid_by_payment_id is not null
    then coalesce(told.paid_at, case o.status when 'paid' then o.updated_at else o.reserved_at end) end,
  confirmed_at = case when o.status = 'confirmed' then coalesce(told.confirmed_at, o.updated_at) end,
  ended_at = case when o.status in ('rejected', 'expired', 'canceled') then coalesce(told.ended_at, o.updated_at) end
from orders same left join told on told.subject_id = same.id
where same.id = o.id and o.status <> 'awaiting_payment';
