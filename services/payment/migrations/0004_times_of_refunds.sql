-- When money became due to be given back, and when it was. Each is set by the UPDATE that makes the step.
set local statement_timeout = 0;

alter table payments
  add column refund_due_at timestamptz,
  add column refunded_at timestamptz;

-- Of payments that are there already the events tell, or else the time of their last change.
with told as (
  select subject_id,
    max(occurred_at) filter (where type = 'payment.refund_due') as refund_due_at,
    max(occurred_at) filter (where type = 'payment.refunded') as refunded_at
  from outbox where type like 'payment.refund%' group by subject_id
)
update payments p set
  refund_due_at = coalesce(told.refund_due_at, case p.state when 'refund_due' then p.updated_at else p.completed_at end),
  refunded_at = case when p.state = 'refunded' then coalesce(told.refunded_at, p.updated_at) end
from payments same left join told on told.subject_id = same.id
where same.id = p.id and p.state in ('refund_due', 'refunded');

-- Few at any time, and staff ask how many.
create index payments_refund_due on payments (id) where state = 'refund_due';
