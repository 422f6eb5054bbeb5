-- Monitors: what is compared with what, what came of it, what followed, and what people did about it.

create table monitors (
  -- Unique on the server: it stands in addresses and in the labels of gauges.
  name text primary key,
  project text not null,
  model text,
  dataset text,
  source text not null check (source in ('project', 'api')),
  definition jsonb not null,
  -- False where somebody switched off what a project declares.
  enabled boolean not null,
  -- A declared one that its project does not name any more: it runs no longer, its reports stay.
  removed_at timestamptz,
  -- The next moment of the schedule; null without one.
  next_at timestamptz,
  -- The newest snapshot of its data set that has been looked at, where it follows them.
  seen_snapshot text,
  -- Why the schedule does not fire.
  error jsonb,
  created_at timestamptz not null,
  created_by text not null,
  updated_at timestamptz not null
);
create index monitors_due on monitors (next_at) where next_at is not null;
create index monitors_by_model on monitors (model) where model is not null;

create table monitor_reports (
  id text primary key,
  monitor text not null references monitors (name) on delete cascade,
  project text not null,
  model text,
  at timestamptz not null,
  origin text not null check (origin in ('schedule', 'snapshot', 'manual', 'flow')),
  state text not null check (state in ('ok', 'warning', 'alarm', 'not_enough_data', 'failed')),
  -- {en, fr}
  sentence jsonb not null,
  mode text not null,
  reference jsonb,
  current jsonb,
  rows_min bigint not null,
  tested int not null,
  drifted int not null,
  broken int not null,
  columns_total int not null,
  share double precision,
  share_min double precision,
  violated int not null,
  worst_column text,
  actions jsonb not null,
  -- {code, params} of a run that failed
  error jsonb,
  -- A run that is begun again after a kill finds its report by this.
  job_id text not null unique,
  -- Models whose predictions it tells of: who is limited to others does not see it.
  models text[] not null,
  requested_by text not null,
  duration_ms double precision not null,
  -- The report as a whole: columns, histograms, figures.
  sha256 text
);
create index monitor_reports_newest on monitor_reports (at desc, id desc);
create index monitor_reports_by_monitor on monitor_reports (monitor, at desc, id desc);
create index monitor_reports_by_model on monitor_reports (model, at desc, id desc) where model is not null;
create index monitor_reports_by_blob on monitor_reports (sha256) where sha256 is not null;

create table monitor_columns (
  report_id text not null references monitor_reports (id) on delete cascade,
  position int not null,
  name text not null,
  role text not null,
  state text not null,
  method text,
  score double precision,
  threshold double precision,
  drift boolean,
  missing_share double precision,
  primary key (report_id, position)
);
create index monitor_columns_by_name on monitor_columns (report_id, name);

create table monitor_metrics (
  report_id text not null references monitor_reports (id) on delete cascade,
  position int not null,
  kind text not null,
  metric text not null,
  column_name text,
  value double precision,
  low double precision,
  high double precision,
  row_count bigint not null,
  min double precision,
  max double precision,
  severity text,
  state text not null,
  primary key (report_id, position)
);

create table findings (
  id text primary key,
  monitor text not null references monitors (name) on delete cascade,
  project text not null,
  model text,
  severity text not null check (severity in ('warning', 'alarm')),
  state text not null check (state in ('open', 'acknowledged', 'resolved')),
  sentence jsonb not null,
  blocks_promotion boolean not null,
  reports int not null,
  report_id text not null,
  last_report_id text not null,
  opened_at timestamptz not null,
  last_at timestamptz not null,
  acknowledged_at timestamptz,
  acknowledged_by text,
  resolved_at timestamptz,
  resolved_by text,
  note text not null,
  -- As those of its reports.
  models text[] not null
);
-- Further reports of a monitor go on the finding that is there.
create unique index findings_one_unresolved on findings (monitor) where state <> 'resolved';
create index findings_newest on findings (opened_at desc, id desc);
create index findings_that_block on findings (model) where blocks_promotion and state <> 'resolved';

-- What a monitor did, for its cool-down and the timeline.
create table monitor_actions (
  id bigint generated always as identity primary key,
  monitor text not null references monitors (name) on delete cascade,
  report_id text not null,
  at timestamptz not null,
  -- The kind, and of a flow its name: what cools down together.
  what text not null,
  -- As in the report.
  detail jsonb not null
);
create index monitor_actions_newest on monitor_actions (monitor, what, at desc);

create or replace view blob_references as
  select sha256 from artifacts
  union all select sha256 from artifact_upload_parts
  union all select content_hash from snapshots
  union all select sha256 from snapshot_parts
  union all select quarantine_sha256 from ingest_runs where quarantine_sha256 is not null
  union all select sha256 from snapshot_blobs
  union all select input -> 'given' ->> 'sha256' from jobs
    where state in ('queued', 'running') and input -> 'given' ->> 'sha256' is not null
  union all select rejected_sha256 from batches where rejected_sha256 is not null
  union all select sha256 from compacted_parts
  union all select sha256 from monitor_reports where sha256 is not null;
