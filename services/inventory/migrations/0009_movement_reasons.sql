-- Who of the staff moved units, where it was staff, and what they say of it. How long a note may be is judged before it gets here: each
-- unit that is sold passes all constraints of this table.
alter table stock_movements
  add column actor_id bigint,
  add column note text,
  drop constraint stock_movements_reason_check;
-- The reason of nearly all of them comes first.
alter table stock_movements add constraint stock_movements_reason_check
  check (reason in ('sale', 'initial', 'count', 'adjustment', 'restock', 'damage', 'loss', 'return'));
-- Sales are not in it, so they don't pay for it.
create index stock_movements_of_reason on stock_movements (reason, id) where reason <> 'sale';
