-- Webhooks, and what was and will be sent to them.

create table webhooks (
  id text primary key,
  name text not null,
  url text not null,
  description text not null default '',
  -- Signs what is sent; never shown again.
  secret text,
  status text not null check (status in ('ACTIVE', 'DISABLED')),
  -- As model_version.created
  events text[] not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table webhook_deliveries (
  id text primary key,
  webhook_id text not null references webhooks (id) on delete cascade,
  -- The row of `events`: one event is sent to one webhook once.
  event_id bigint not null,
  event text not null,
  -- As it is sent: each attempt sends the same bytes.
  body text not null,
  state text not null check (state in ('waiting', 'delivered', 'failed')),
  attempts integer not null default 0,
  status_code integer,
  error text,
  created_at timestamptz not null,
  -- Also the end of the lease of who is sending it: after a crash it is taken again then.
  next_attempt_at timestamptz,
  delivered_at timestamptz,
  unique (webhook_id, event_id)
);
create index webhook_deliveries_waiting on webhook_deliveries (next_attempt_at, event_id) where state = 'waiting';

-- Up to where events have become deliveries. One row, which is the lock of who makes them.
create table webhook_position (
  is_only boolean primary key default true check (is_only),
  tx xid8 not null,
  event_id bigint not null
);
insert into webhook_position (tx, event_id) values ('0', 0);
