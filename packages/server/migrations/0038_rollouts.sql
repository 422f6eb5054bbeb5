-- Roll-outs: how the requests to a model are shared among its versions, what was decided, and what shadows said.

create table rollouts (
  id text primary key,
  model text not null,
  kind text not null check (kind in ('split', 'canary', 'shadow', 'bandit')),
  state text not null check (state in ('running', 'promoted', 'rolled_back', 'ended')),
  request jsonb not null,
  -- [{name, version, share}]
  variants jsonb not null,
  step int not null,
  step_at timestamptz not null,
  started_at timestamptz not null,
  started_by text not null,
  ended_at timestamptz,
  ended_by text
);
create unique index rollouts_one_running on rollouts (model) where ended_at is null;
create index rollouts_newest on rollouts (started_at desc, id desc);

create table rollout_log (
  id bigint generated always as identity primary key,
  rollout_id text not null references rollouts (id) on delete cascade,
  at timestamptz not null,
  actor text not null,
  what text not null,
  reason text not null,
  variants jsonb not null,
  checks jsonb not null
);
create index rollout_log_by_rollout on rollout_log (rollout_id, id desc);

-- Absolute counts of each process that asks shadows.
create table rollout_shadows (
  rollout_id text not null references rollouts (id) on delete cascade,
  process text not null,
  compared bigint not null,
  equal bigint not null,
  numbers bigint not null,
  sum_difference double precision not null,
  largest_difference double precision not null,
  failed bigint not null,
  left_out bigint not null,
  examples jsonb not null,
  primary key (rollout_id, process)
);
