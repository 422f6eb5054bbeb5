-- Long-running work, what led to what, and snapshots of several parts.

create table jobs (
  id text primary key,
  kind text not null,
  project text,
  -- What the job is about, as datasets/iris/usage.
  subject text not null,
  state text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  input jsonb not null,
  progress jsonb,
  result jsonb,
  error jsonb,
  reason text not null default '',
  requested_by text not null,
  cancel_requested boolean not null default false,
  attempts integer not null default 0,
  created_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz
);
create unique index jobs_one_open on jobs (kind, subject) where state in ('queued', 'running');
create index jobs_by_age on jobs (created_at desc, id desc);
create index jobs_by_subject on jobs (subject, created_at desc);
create index jobs_open on jobs (created_at) where state in ('queued', 'running');

-- One row for each thing that stands in the lineage; it stays when the thing is erased.
create table lineage_nodes (
  kind text not null,
  id text not null,
  label text not null,
  project text,
  detail jsonb not null default '{}',
  created_at timestamptz not null,
  deleted_at timestamptz,
  primary key (kind, id)
);

create table lineage_links (
  from_kind text not null,
  from_id text not null,
  to_kind text not null,
  to_id text not null,
  relation text not null,
  created_at timestamptz not null,
  primary key (from_kind, from_id, to_kind, to_id, relation),
  foreign key (from_kind, from_id) references lineage_nodes (kind, id),
  foreign key (to_kind, to_id) references lineage_nodes (kind, id)
);
create index lineage_links_up on lineage_links (to_kind, to_id);

alter table snapshots add kind text not null default 'table' check (kind in ('table', 'files'));
alter table snapshots add ingest_id text;

-- The Parquet files of a snapshot, in the order of their rows.
create table snapshot_parts (
  snapshot_id text not null references snapshots (id) on delete cascade,
  position integer not null,
  sha256 text not null,
  bytes bigint not null,
  row_count bigint not null,
  source text not null,
  source_sha256 text,
  primary key (snapshot_id, position)
);
create index snapshot_parts_by_content on snapshot_parts (sha256);

insert into snapshot_parts (snapshot_id, position, sha256, bytes, row_count, source, source_sha256)
select id, 0, content_hash, bytes, row_count, source ->> 'location', source ->> 'sha256' from snapshots;

create or replace view blob_references as
  select sha256 from artifacts
  union all select sha256 from artifact_upload_parts
  union all select content_hash from snapshots
  union all select sha256 from snapshot_parts;

-- Sources were one path each; now they are patterns. A project that is applied again is written anew.
update projects set definition = jsonb_set(definition::jsonb, '{datasets}', (
  select coalesce(jsonb_agg(
    case when d -> 'source' ? 'path'
      then d || jsonb_build_object('source', jsonb_build_object('kind', d -> 'source' -> 'kind',
        'paths', jsonb_build_array(d -> 'source' -> 'path'), 'dialect', '{"header": true}'::jsonb))
      else d end
    || jsonb_build_object('key', '[]'::jsonb, 'bad_rows', '{"mode": "block"}'::jsonb) order by n), '[]')
  from jsonb_array_elements(definition::jsonb -> 'datasets') with ordinality as t (d, n)
))::json where json_typeof(definition -> 'datasets') = 'array';
