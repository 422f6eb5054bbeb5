-- A file that someone sent to become a snapshot stays until the job that reads it has ended.

create index jobs_by_upload on jobs ((input -> 'given' ->> 'sha256')) where state in ('queued', 'running');

create or replace view blob_references as
  select sha256 from artifacts
  union all select sha256 from artifact_upload_parts
  union all select content_hash from snapshots
  union all select sha256 from snapshot_parts
  union all select quarantine_sha256 from ingest_runs where quarantine_sha256 is not null
  union all select sha256 from snapshot_blobs
  union all select input -> 'given' ->> 'sha256' from jobs
    where state in ('queued', 'running') and input -> 'given' ->> 'sha256' is not null;
