-- Who is told of what. A receiver that is gone keeps its row until its deliveries are gone, too.
create table subscriptions (
  id bigint generated always as identity primary key,
  kind text not null default 'webhook' check (kind in ('webhook', 'directus')),
  source text not null default 'staff' check (source in ('staff', 'environment')),
  -- which of the receivers of the environment it is
  name text,
  url text not null,
  -- of the environment's receivers it stands there and not here
  secret text,
  previous_secret text,
  previous_secret_until timestamptz,
  event_types text[] not null,
  description text not null default '',
  is_active boolean not null default true,
  -- why it is not active any more, where staff did not say so
  inactive_reason text,
  -- up to which product everything is queued by the sync in progress; null while there is none
  sync_after bigint,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  events_missed_at timestamptz,
  version bigint not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  deleted_at timestamptz,
  check ((source = 'environment') = (name is not null)),
  check ((source = 'staff') = (secret is not null)),
  check ((previous_secret is null) = (previous_secret_until is null)),
  check (deleted_at is null or not is_active)
);
create unique index subscriptions_of_environment on subscriptions (name) where name is not null;

-- What is or was to be delivered, once for all receivers. The id is the `webhook-id` of its messages: inventory-123.
create table events (
  id text primary key,
  type text not null,
  subject text not null,
  version bigint not null,
  occurred_at timestamptz not null,
  data jsonb not null
);
-- What is gone must not be told of as if it were there.
create index events_of_deletions on events (subject) where type = 'product.deleted';

-- One event for one receiver. Their ids are in the order in which the events of one subject are sent.
create table deliveries (
  id bigint generated always as identity primary key,
  subscription_id bigint not null references subscriptions (id),
  event_id text not null references events (id),
  event_type text not null,
  -- product:5
  subject text not null,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'parked', 'superseded')),
  attempts integer not null default 0,
  -- From when on it may be sent. While somebody is at it, until when it is theirs.
  due_at timestamptz not null default clock_timestamp(),
  -- who is at it
  claim uuid,
  created_at timestamptz not null default clock_timestamp(),
  -- since when it is tried; later than created_at where it was sent again
  queued_at timestamptz not null default clock_timestamp(),
  -- of the last try
  sent_at timestamptz,
  answered_at timestamptz,
  duration_ms bigint,
  request jsonb,
  response_status integer,
  response_body text,
  error text,
  -- since when it is not waiting any more
  ended_at timestamptz,
  check ((state = 'waiting') = (ended_at is null)),
  unique (event_id, subscription_id)
);
create index deliveries_due on deliveries (subscription_id, due_at, id) where state = 'waiting';
create index deliveries_in_order on deliveries (subscription_id, subject, id) where state = 'waiting';
-- When a receiver was told of a product's stock last.
create index deliveries_of_stock on deliveries (subscription_id, subject, answered_at) where event_type = 'stock.changed';
create index deliveries_ended on deliveries (state, (event_type = 'stock.changed'), ended_at) where state <> 'waiting';
create index deliveries_of_subscription on deliveries (subscription_id, id);

create table feed_positions (
  feed text primary key,
  after bigint not null,
  -- ids below it that may still be committed
  missing jsonb not null,
  revision bigint not null default 1
);

-- Who of the staff changed what. A row is written in the transaction of the change that it tells of, and never changed.
create table audit_log (
  id bigint generated always as identity primary key,
  -- the user who asked for it; null where nobody was named: a call on the internal network, or the command line
  actor_id bigint,
  action text not null,
  subject_type text not null,
  subject_id bigint not null,
  -- the fields that the change touched; null where there was nothing before, or is nothing after
  before jsonb,
  after jsonb,
  -- null where there was no request: the command line
  request_id text,
  created_at timestamptz not null default clock_timestamp(),
  check (before is not null or after is not null)
);
create index audit_log_of_subject on audit_log (subject_type, subject_id, id);
create index audit_log_of_actor on audit_log (actor_id, id);
