-- Answers of versions of models to all rows of a snapshot. What they were asked stands here; the answers are a snapshot.

create table batches (
  id text primary key,
  model text not null,
  version integer not null,
  project text not null,
  snapshot_id text not null,
  dataset text not null,
  job_id text not null,
  -- Set together when the answers are there.
  result_snapshot_id text,
  row_count bigint,
  rejected_count bigint,
  seconds double precision,
  -- The rows that were set aside, as lines of JSON.
  rejected_sha256 text,
  created_at timestamptz not null,
  created_by text not null,
  foreign key (model, version) references model_versions (model, version) on update cascade on delete cascade
);
create index batches_by_model on batches (model, created_at desc, id desc);
create index batches_by_version on batches (model, version);
create index batches_by_rejected on batches (rejected_sha256) where rejected_sha256 is not null;

create or replace view blob_references as
  select sha256 from artifacts
  union all select sha256 from artifact_upload_parts
  union all select content_hash from snapshots
  union all select sha256 from snapshot_parts
  union all select quarantine_sha256 from ingest_runs where quarantine_sha256 is not null
  union all select sha256 from snapshot_blobs
  union all select input -> 'given' ->> 'sha256' from jobs
    where state in ('queued', 'running') and input -> 'given' ->> 'sha256' is not null
  union all select rejected_sha256 from batches where rejected_sha256 is not null;
