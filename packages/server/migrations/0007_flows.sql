create table flow_runs (
  id text primary key,
  project text not null,
  model text not null,
  flow text not null,
  state text not null check (state in ('queued', 'running', 'succeeded', 'failed')),
  stage text not null,
  -- One loop at a time for a model: a request while one is queued or running gives that one.
  requested_by text not null,
  reason text not null default '',
  requested_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  error jsonb,
  result jsonb not null default '{}'
);
create unique index flow_runs_one_open on flow_runs (project, model, flow) where state in ('queued', 'running');
create index flow_runs_by_model on flow_runs (project, model, requested_at desc);

-- Each worker that ever ran flows. It is alive while its session holds the advisory lock (7236, number).
create table workers (
  number integer generated always as identity primary key,
  id text not null unique,
  host text not null,
  pid integer not null,
  started_at timestamptz not null
);
