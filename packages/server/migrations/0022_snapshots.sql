-- Names of snapshots, their figures, and their copies in tables of this database.

create table snapshot_tags (
  project text not null,
  dataset text not null,
  tag text not null,
  snapshot_id text not null references snapshots (id),
  reason text not null default '',
  updated_by text not null,
  updated_at timestamptz not null,
  primary key (project, dataset, tag)
);
create index snapshot_tags_by_snapshot on snapshot_tags (snapshot_id);

create table snapshot_profiles (
  snapshot_id text primary key references snapshots (id) on delete cascade,
  -- Of what computed it: figures of another version are computed again.
  version integer not null,
  profile jsonb not null,
  created_at timestamptz not null
);

-- Tables that Fabrique made for mirrors; no other is ever changed.
create table mirror_tables (
  table_schema text not null,
  table_name text not null,
  project text not null,
  dataset text not null,
  created_at timestamptz not null,
  primary key (table_schema, table_name)
);

create table mirrored_snapshots (
  table_schema text not null,
  table_name text not null,
  snapshot_id text not null,
  row_count bigint not null,
  snapshot_created_at timestamptz not null,
  mirrored_at timestamptz not null,
  primary key (table_schema, table_name, snapshot_id),
  foreign key (table_schema, table_name) references mirror_tables (table_schema, table_name)
);

-- When which content was that of a data set: when it was made, and each time that a later ingest found it again.
create view snapshot_moments as
  select project, dataset, id as snapshot_id, created_at as at from snapshots
  union all
  select s.project, s.dataset, s.id, r.ended_at
  from ingest_runs r join snapshots s on s.id = r.snapshot_id
  where r.state = 'succeeded' and r.ended_at is not null;
