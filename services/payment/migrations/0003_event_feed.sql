-- Who reads the events of this service, and up to which id each needs none any more. What nobody needs is dropped in time.
create table feed_readers (
  reader text primary key,
  settled_id bigint not null,
  read_at timestamptz not null default clock_timestamp()
);

-- How many events of each type were dropped, and the highest id among them.
create table trimmed_events (
  type text primary key,
  events bigint not null,
  last_id bigint not null
);
