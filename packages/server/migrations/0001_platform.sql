-- Events and audit entries, written in the transaction of the change they tell of.

create table events (
  id bigint generated always as identity primary key,
  -- The transaction that wrote it: readers take only rows older than every open transaction, so that none is skipped
  -- when a lower id commits after a higher one.
  tx xid8 not null default pg_current_xact_id(),
  kind text not null,
  subject text not null,
  payload jsonb not null,
  actor text not null,
  at timestamptz not null
);
create index events_by_tx on events (tx, id);
create index events_by_time on events (at);

create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  verb text not null,
  subject text not null,
  request_id text,
  reason text not null default '',
  detail jsonb not null
);
create index audit_by_subject on audit (subject, id desc);
