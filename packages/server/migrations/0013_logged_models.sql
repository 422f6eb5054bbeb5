-- Models that MLflow 3 clients log in an experiment. Times are milliseconds since 1970, as on the wire.

create table logged_models (
  id text primary key,
  experiment_id bigint not null references experiments (id),
  name text not null,
  model_type text not null default '',
  -- The run that made it, as the client said; the client may be wrong.
  source_run_id text not null default '',
  artifact_uri text not null,
  status text not null default 'PENDING' check (status in ('UNSPECIFIED', 'PENDING', 'READY', 'UPLOAD_FAILED')),
  created_ms bigint not null,
  updated_ms bigint not null,
  lifecycle_stage text not null default 'active' check (lifecycle_stage in ('active', 'deleted')),
  deleted_ms bigint
);
create index logged_models_by_experiment on logged_models (experiment_id, lifecycle_stage, created_ms desc, id);
create index logged_models_by_source_run on logged_models (source_run_id) where source_run_id <> '';

create table logged_model_params (
  model_id text not null references logged_models (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (model_id, key)
);

create table logged_model_tags (
  model_id text not null references logged_models (id) on delete cascade,
  key text not null,
  value text not null,
  primary key (model_id, key)
);

-- No foreign key: it would check each point alone, and the statement that writes points has looked at the models.
create table logged_model_metrics (
  model_id text not null,
  key text not null,
  timestamp_ms bigint not null,
  step bigint not null,
  -- The run that measured it, which need not be the one that made the model.
  run_id text not null,
  value double precision not null,
  is_nan boolean not null,
  dataset_name text not null default '',
  dataset_digest text not null default '',
  -- Names of data sets are too long for an index.
  dataset_hash uuid not null generated always as
    (md5(length(dataset_name)::text || ':' || dataset_name || dataset_digest)::uuid) stored,
  primary key (model_id, key, timestamp_ms, step, run_id, value, is_nan, dataset_hash)
);
create index logged_model_metrics_by_run on logged_model_metrics (run_id);

-- Models that runs took in or made.
create table run_models (
  run_id text not null references runs (id),
  model_id text not null references logged_models (id) on delete cascade,
  role text not null check (role in ('input', 'output')),
  -- Of a model that was made during training; 0 for an input.
  step bigint not null default 0,
  position bigint generated always as identity,
  primary key (run_id, role, model_id, step)
);
create index run_models_by_model on run_models (model_id);
