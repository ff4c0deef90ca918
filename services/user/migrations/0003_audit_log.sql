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
