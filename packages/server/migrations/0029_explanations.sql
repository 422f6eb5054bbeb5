-- What was found out about versions of models; their figures go with the version.

create table explanations (
  id text primary key,
  model text not null,
  version integer not null,
  snapshot_id text not null,
  job_id text not null,
  -- As it was asked for, with its defaults.
  request jsonb not null,
  -- What a list shows.
  summary jsonb not null,
  -- Importance, dependence, contributions and fairness.
  figures jsonb not null,
  created_at timestamptz not null,
  created_by text not null,
  foreign key (model, version) references model_versions (model, version) on update cascade on delete cascade
);
create index explanations_by_age on explanations (created_at desc, id desc);
create index explanations_by_version on explanations (model, version, created_at desc);
