-- The log of predictions as data: its days as Parquet files, which are the parts of a snapshot of each model.

-- By which alias the version was asked.
alter table predictions add column alias text;

-- One row for each day and model of the log. `changes` grows with every statement that writes rows or feedback of them, in the same
-- statement: a day whose number is what it was when its files were written has nothing that they have not.
create table prediction_days (
  day date not null,
  model text not null,
  changes bigint not null,
  primary key (day, model)
);
insert into prediction_days (day, model, changes)
select (at at time zone 'utc')::date, model, 1 from predictions group by 1, 2;

-- Days that were written to files. They stay when the log drops the day.
create table compacted_days (
  model text not null,
  day date not null,
  -- Of `prediction_days`, when its rows were read.
  changes bigint not null,
  row_count bigint not null,
  versions text[] not null,
  compacted_at timestamptz not null,
  -- Beyond the days that the data set has: its files are let go, and it is not written again.
  forgotten boolean not null default false,
  primary key (model, day)
);

create table compacted_parts (
  model text not null,
  day date not null,
  position integer not null,
  sha256 text not null,
  bytes bigint not null,
  row_count bigint not null,
  -- [{name, type, group}]
  columns jsonb not null,
  primary key (model, day, position),
  foreign key (model, day) references compacted_days (model, day) on delete cascade
);
create index compacted_parts_by_sha256 on compacted_parts (sha256);

-- The newest snapshot of all days of a model.
create table compacted_models (
  model text primary key,
  project text not null,
  dataset text not null,
  snapshot_id text not null,
  at timestamptz not null
);

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
  union all select sha256 from compacted_parts;
