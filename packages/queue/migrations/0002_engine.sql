-- Where orders wait since this shop first ran with REDIS_URL: here or in Redis. A start that does not know the Redis which holds orders
-- must not go on as if there were none.
alter table new_orders_progress add column engine text not null default 'postgresql' check (engine in ('postgresql', 'redis'));
