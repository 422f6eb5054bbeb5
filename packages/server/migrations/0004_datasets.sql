create table snapshots (
  id text primary key,
  project text not null,
  dataset text not null,
  content_hash text not null,
  source jsonb not null,
  columns jsonb not null,
  row_count bigint not null,
  bytes bigint not null,
  created_at timestamptz not null,
  unique (project, dataset, content_hash)
);
create index snapshots_by_dataset on snapshots (project, dataset, created_at desc);

-- Which source content gave which snapshot: the same bytes under the same declared columns are not read again.
create table ingests (
  project text not null,
  dataset text not null,
  source_key text not null,
  snapshot_id text not null references snapshots (id),
  at timestamptz not null,
  primary key (project, dataset, source_key)
);

create table validations (
  id text primary key,
  snapshot_id text not null references snapshots (id),
  project text not null,
  dataset text not null,
  suite_digest text not null,
  success boolean not null,
  evaluated integer not null,
  failed integer not null,
  checks jsonb not null,
  created_at timestamptz not null,
  unique (snapshot_id, suite_digest)
);
