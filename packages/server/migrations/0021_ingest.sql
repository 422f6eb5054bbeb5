-- Ingests with their counts and quarantine, and what they remember of the parts of a source.

create table ingest_runs (
  id text primary key,
  project text not null,
  dataset text not null,
  job_id text,
  state text not null check (state in ('running', 'succeeded', 'failed', 'cancelled')),
  policy jsonb not null,
  source jsonb not null,
  files_found integer not null default 0,
  files_read integer not null default 0,
  bytes_read bigint not null default 0,
  rows_read bigint not null default 0,
  rows_good bigint not null default 0,
  rows_quarantined bigint not null default 0,
  rows_kept bigint not null default 0,
  schema_changes jsonb not null default '[]',
  warnings jsonb not null default '[]',
  -- Parquet file of the rows that were set aside.
  quarantine_sha256 text,
  snapshot_id text,
  is_new boolean not null default false,
  error jsonb,
  started_at timestamptz not null,
  ended_at timestamptz
);
create index ingest_runs_by_dataset on ingest_runs (project, dataset, started_at desc, id desc);
create index ingest_runs_open on ingest_runs (project, dataset) where state = 'running';

-- What a content gave when it was read in one way: an unchanged file is not read again. The Parquet file counts only while a snapshot
-- has it as a part; this table keeps nothing alive.
create table ingest_parts (
  -- Of the content, the dialect, the declared columns, the reader, and the parts before where keys met.
  part_key text not null,
  -- Of the types of the columns that are not declared.
  types_key text not null,
  parquet_hash text,
  bytes bigint not null,
  row_count bigint not null,
  rejected_count bigint not null,
  columns jsonb not null,
  at timestamptz not null,
  primary key (part_key, types_key)
);

-- The hash of a thing of a source, by what changes when its content does.
create table source_marks (
  project text not null,
  dataset text not null,
  name text not null,
  mark text not null,
  content_key text not null,
  bytes bigint not null,
  at timestamptz not null,
  primary key (project, dataset, name)
);

-- Where a source with a cursor goes on, and the snapshot that has what came before.
create table source_states (
  project text not null,
  dataset text not null,
  state jsonb not null,
  snapshot_id text not null,
  at timestamptz not null,
  primary key (project, dataset)
);

-- It knew whole sources by a key of the reader before; they are read once more, and give the snapshots that are there.
drop table ingests;

create or replace view blob_references as
  select sha256 from artifacts
  union all select sha256 from artifact_upload_parts
  union all select content_hash from snapshots
  union all select sha256 from snapshot_parts
  union all select quarantine_sha256 from ingest_runs where quarantine_sha256 is not null;
