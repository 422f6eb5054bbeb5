-- Flows: what is declared, their runs, the steps of these, and the workers that have them in hand. Replaces the runs of loops alone, and the
-- tables of the engine that ran them.

create table flows (
  project text not null,
  name text not null,
  -- As it was written: the order of the parameters is that of the form.
  definition json not null,
  version text not null,
  paused boolean not null default false,
  applied_at timestamptz not null,
  -- No longer declared: its runs stay, nothing starts it.
  removed_at timestamptz,
  primary key (project, name)
);

create table flow_schedules (
  project text not null,
  flow text not null,
  name text not null,
  definition jsonb not null,
  paused boolean not null default false,
  -- The next moment; null when there is none any more, or the schedule is paused.
  next_at timestamptz,
  last_at timestamptz,
  -- The newest moment that was left out, since an earlier run was open.
  skipped_at timestamptz,
  -- Why the newest moment started nothing: {code, params}.
  error jsonb,
  primary key (project, flow, name),
  foreign key (project, flow) references flows (project, name)
);
create index flow_schedules_due on flow_schedules (next_at) where next_at is not null;

create table flow_triggers (
  project text not null,
  flow text not null,
  name text not null,
  definition jsonb not null,
  -- Events after this place were not looked at yet: moved in the transaction that makes the run.
  position text,
  -- Of a webhook: stands in its address.
  token text unique,
  -- Why the newest event started nothing: {code, params}.
  error jsonb,
  primary key (project, flow, name),
  foreign key (project, flow) references flows (project, name)
);

drop index flow_runs_one_open;
drop index flow_runs_by_model;
alter table flow_runs rename to loop_runs;
alter table loop_runs rename constraint flow_runs_pkey to loop_runs_pkey;

create table flow_runs (
  id text primary key,
  project text not null,
  flow text not null,
  version text,
  state_type text not null check (state_type in
    ('SCHEDULED', 'PENDING', 'RUNNING', 'PAUSED', 'CANCELLING', 'COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED')),
  state_name text not null,
  params jsonb not null default '{}',
  origin text not null,
  origin_of text,
  -- What started it: the payload of the event, the body of the webhook.
  event jsonb,
  -- How many triggers led to it, one after another: ends what would go in a circle.
  depth integer not null default 0,
  model text,
  priority integer not null default 0,
  attempt integer not null default 1,
  -- Taken over from a worker that was lost.
  take_overs integer not null default 0,
  -- Deaths of the process that ran it, since a step was last finished.
  crashes integer not null default 0,
  scheduled_for timestamptz not null,
  requested_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  requested_by text not null,
  reason text not null default '',
  tags text[] not null default '{}',
  -- When a worker may take it: null while one has it, while it waits for something else, and when it is over.
  ready_at timestamptz,
  -- What it waits for: {kind, what?, until?}.
  wait jsonb,
  -- Of a run that waits for a named limit.
  waits_for_limit text,
  -- The worker that has it, and the number of its claim. Each write of a worker names both: after another claim it changes nothing.
  worker_id text,
  epoch bigint not null default 0,
  cancel_requested boolean not null default false,
  deadline_at timestamptz,
  -- One run for each: of a request with a key, of a moment of a schedule, of an event and a trigger.
  idempotency_key text,
  -- One open run for each: of the loop of a model.
  open_key text,
  -- As text that is JSON: any string that a program can make may be in it.
  result json,
  error json
);
create unique index flow_runs_idempotency on flow_runs (project, flow, idempotency_key) where idempotency_key is not null;
create unique index flow_runs_open_key on flow_runs (project, flow, open_key) where open_key is not null and ended_at is null;
create index flow_runs_ready on flow_runs (project, flow, priority desc, ready_at, id)
  where ready_at is not null and started_at is null;
create index flow_runs_ready_again on flow_runs (project, flow, priority desc, ready_at, id)
  where ready_at is not null and started_at is not null;
create index flow_runs_at_work on flow_runs (project, flow) where started_at is not null and ended_at is null;
create index flow_runs_claimed on flow_runs (worker_id) where worker_id is not null;
create index flow_runs_open on flow_runs (project, flow) where ended_at is null;
create index flow_runs_queued on flow_runs (project, flow, origin_of, scheduled_for)
  where origin = 'schedule' and ready_at is null and started_at is null and ended_at is null;
create index flow_runs_limit on flow_runs (waits_for_limit) where waits_for_limit is not null;
create index flow_runs_newest on flow_runs (scheduled_for desc, id desc);
create index flow_runs_of_flow on flow_runs (project, flow, scheduled_for desc, id desc);
create index flow_runs_of_flow_by_state on flow_runs (project, flow, state_type, scheduled_for desc, id desc);
create index flow_runs_of_project on flow_runs (project, scheduled_for desc, id desc);
create index flow_runs_by_origin on flow_runs (origin, scheduled_for desc, id desc);
create index flow_runs_of_model on flow_runs (model, scheduled_for desc, id desc) where model is not null;
create index flow_runs_by_tag on flow_runs using gin (tags) where tags <> '{}';
create index flow_runs_by_state on flow_runs (state_type, scheduled_for desc, id desc);
create index flow_runs_ended on flow_runs (ended_at) where ended_at is not null;

create table flow_steps (
  -- The idempotency key of the step. One column rather than two, so that there is no worse index to find a step by.
  key text generated always as (run_id || ':' || name) stored primary key,
  run_id text not null references flow_runs (id) on delete cascade,
  name text not null,
  kind text not null,
  -- Of an item of a map: the map.
  map text,
  position integer not null,
  state_type text not null,
  state_name text not null,
  -- Attempts that began; those before the last one stand in earlier_attempts.
  attempts integer not null default 0,
  worker_id text,
  started_at timestamptz,
  attempt_started_at timestamptz,
  ended_at timestamptz,
  earlier_attempts jsonb not null default '[]',
  after text[] not null default '{}',
  child_run text,
  job text,
  -- Of an approval: {prompt, form?, until?, decision?, decided_by?, decided_at?, comment?}.
  approval jsonb,
  -- When a step that waits goes on: a sleep, a retry, the end of the time for an approval.
  wake_at timestamptz,
  -- A result that is taken from an earlier run: its id.
  taken_from text,
  progress jsonb,
  -- Text, not parsed: it is handed on as it is. Null until it is over.
  result text,
  error json
);
-- Those of a run that are items of no map stand together, however many items there are.
create index flow_steps_in_order on flow_steps (run_id, map, position);
create index flow_steps_children on flow_steps (child_run) where child_run is not null;

create table flow_logs (
  run_id text not null references flow_runs (id) on delete cascade,
  -- Counted in the run, from 1.
  position bigint not null,
  at timestamptz not null,
  -- 10 debug, 20 info, 30 warn, 40 error.
  level smallint not null,
  step text,
  stream text not null,
  text text not null,
  primary key (run_id, position)
);

create table flow_log_counts (
  run_id text primary key references flow_runs (id) on delete cascade,
  lines bigint not null default 0,
  bytes bigint not null default 0,
  dropped bigint not null default 0
);

create table flow_artifacts (
  run_id text not null references flow_runs (id) on delete cascade,
  id bigint generated always as identity,
  key text not null,
  step text,
  at timestamptz not null,
  content jsonb not null,
  primary key (run_id, id)
);

-- Results by inputs: of a step or a whole run.
create table flow_cache (
  key text primary key,
  result text not null,
  made_by text not null,
  made_at timestamptz not null,
  expires_at timestamptz not null
);
create index flow_cache_expired on flow_cache (expires_at);

create table flow_limits (
  name text primary key,
  slots integer not null,
  rate_takes integer,
  rate_per_ms integer
);
-- Held by a run, or by one of its steps; freed when that is over, and when the worker is lost.
create table flow_limit_slots (
  limit_name text not null references flow_limits (name) on delete cascade,
  run_id text not null references flow_runs (id) on delete cascade,
  step text not null default '',
  taken_at timestamptz not null,
  primary key (limit_name, run_id, step)
);
create index flow_limit_slots_of_run on flow_limit_slots (run_id);
create table flow_limit_takes (
  limit_name text not null references flow_limits (name) on delete cascade,
  taken_at timestamptz not null
);
create index flow_limit_takes_by_time on flow_limit_takes (limit_name, taken_at);

drop table workers;
create table flow_workers (
  id text primary key,
  host text not null,
  pid integer not null,
  started_at timestamptz not null,
  -- By the clock of the database. Past it, the worker is lost: what it has is taken over, what it writes is refused.
  lease_until timestamptz not null,
  -- Stopped or lost: it never comes back under this id.
  ended_at timestamptz,
  is_lost boolean not null default false,
  flows jsonb not null default '[]',
  runs_max integer not null
);
create index flow_workers_living on flow_workers (lease_until) where ended_at is null;

-- The runs of loops that there were. One that was open begins anew: each of its steps is safe to repeat.
insert into flow_runs (id, project, flow, state_type, state_name, params, origin, model, scheduled_for, requested_at, started_at, ended_at,
    requested_by, reason, ready_at, open_key, error)
select id, project, 'loop',
  case state when 'succeeded' then 'COMPLETED' when 'failed' then 'FAILED' else 'SCHEDULED' end,
  case state when 'succeeded' then 'Completed' when 'failed' then 'Failed' else 'Scheduled' end,
  jsonb_build_object('model', model), 'loop', model, requested_at, requested_at, started_at, ended_at, requested_by, reason,
  case when state in ('queued', 'running') then requested_at end, model, error
from loop_runs;

alter table loop_runs rename column id to flow_run_id;
alter table loop_runs drop column flow, drop column state, drop column requested_by, drop column reason, drop column started_at,
  drop column ended_at, drop column error;
alter table loop_runs add foreign key (flow_run_id) references flow_runs (id) on delete cascade;
create index loop_runs_by_model on loop_runs (project, model, requested_at desc);

drop schema if exists dbos cascade;
