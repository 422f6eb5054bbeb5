create table registered_models (
  name text primary key,
  description text not null default '',
  tags jsonb not null default '{}',
  -- The highest version number ever given; numbers are never used again.
  last_version integer not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table model_versions (
  model text not null references registered_models (name) on delete cascade,
  version integer not null,
  description text not null default '',
  -- The address a client gave, and the artifact folder it stands for.
  source text not null,
  artifact_path text not null,
  run_id text,
  -- json, not jsonb: the order of the example is kept.
  signature json,
  tags jsonb not null default '{}',
  snapshot_id text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  created_by text not null,
  primary key (model, version)
);
create index model_versions_by_run on model_versions (run_id);

create table model_aliases (
  model text not null,
  alias text not null,
  version integer not null,
  primary key (model, alias),
  foreign key (model, version) references model_versions (model, version) on delete cascade
);

create table alias_moves (
  id bigint generated always as identity primary key,
  model text not null,
  alias text not null,
  from_version integer,
  to_version integer,
  reason text not null,
  actor text not null,
  at timestamptz not null
);
create index alias_moves_by_model on alias_moves (model, id desc);
