-- Values of feature views by key, and how they came there.

-- A version of a view that has, or is to have, values online. The number stands for it in the store, whichever that is.
create table online_versions (
  id integer generated always as identity primary key,
  project text not null,
  view text not null,
  version integer not null,
  -- Reads take the newest version that has it: the end of its first materialisation, or its first push.
  readable_at timestamptz,
  -- Everything known then is in the store.
  until timestamptz,
  newest_event timestamptz,
  snapshot_id text,
  -- By data set, where everything of them is in the store.
  snapshots jsonb,
  keys bigint not null default 0,
  ended_at timestamptz,
  -- Types of the keys in the data, by name.
  key_types jsonb,
  unique (project, view, version)
);

create table online_values (
  version_id integer not null,
  -- The keys as a JSON array, or a digest of it where it is long.
  key text not null,
  -- Microseconds since 1970.
  event_us bigint not null,
  created_us bigint not null,
  steps text not null,
  primary key (version_id, key)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

create table materializations (
  id text primary key,
  project text not null,
  view text not null,
  version integer not null,
  state text not null check (state in ('running', 'succeeded', 'failed', 'cancelled')),
  mode text not null check (mode in ('full', 'incremental')),
  since timestamptz,
  until timestamptz not null,
  -- The keys are parted in so many; of them those that are wholly in the store. A repeat goes on after them.
  parts integer,
  parts_done integer not null default 0,
  keys_written bigint not null default 0,
  keys_older bigint not null default 0,
  snapshot_id text,
  -- The snapshots by data set: a repeat reads the same.
  snapshots jsonb,
  job_id text not null,
  -- How often the job began with the view: again for a snapshot that came meanwhile.
  round integer not null,
  error jsonb,
  started_at timestamptz not null,
  ended_at timestamptz,
  unique (job_id, view, version, round)
);
create index materializations_by_view on materializations (project, view, started_at desc, id desc);

-- What a view held at a materialisation.
create table feature_statistics (
  materialization_id text primary key references materializations (id) on delete cascade,
  project text not null,
  view text not null,
  version integer not null,
  until timestamptz not null,
  source_rows bigint not null,
  keys bigint not null,
  looked_at integer not null,
  too_old integer not null,
  newest_event timestamptz,
  features jsonb not null,
  recorded_at timestamptz not null
);
create index feature_statistics_by_view on feature_statistics (project, view, recorded_at desc, materialization_id desc);

-- The last moment of its schedule for which a view was materialised, so that one worker does it, and once.
create table feature_schedules (
  project text not null,
  view text not null,
  schedule text not null,
  due_at timestamptz not null,
  primary key (project, view)
);

create table feature_checks (
  id text primary key,
  project text not null,
  view text not null,
  version integer not null,
  keys integer not null,
  compared integer not null,
  mismatches integer not null,
  examples jsonb not null,
  checked_at timestamptz not null
);
create index feature_checks_by_view on feature_checks (project, view, checked_at desc, id desc);
