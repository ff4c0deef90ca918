-- The positions at which orders may wait for their decision: all behind the cursor, and of those before it the ones that were not seen
-- yet or are in the worker's hands. A position that was burned costs nothing in here, and the next worker knows of it. `position` stays
-- for gateways of the version before: up to it everything is decided.
alter table new_orders_progress add column undecided int8multirange;
-- How many orders were ever decided or set aside: twice asked, that is the speed of deciding.
alter table new_orders_progress add column decided bigint not null default 0;

-- Orders that the version before passed by, whose writes had stood still for more than a minute, are decided now.
do $$
begin
  if to_regclass('orders') is not null then
    update new_orders o set position = nextval('new_orders_positions')
    where position <= (select position from new_orders_progress)
      and not exists (select from orders where id = o.order_id)
      and not exists (select from parked_orders p where p.order_id = o.order_id);
  end if;
end $$;

update new_orders_progress set undecided = int8multirange(int8range(position + 1, null)), decided = position;
alter table new_orders_progress alter column undecided set not null, alter column undecided set default '{[1,)}';
