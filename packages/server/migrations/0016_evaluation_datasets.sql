-- Evaluation data sets of the MLflow protocol: records that a generative application is judged with.

create table evaluation_datasets (
  id text primary key,
  name text not null,
  digest text not null,
  schema json,
  tags jsonb not null default '{}',
  record_count integer not null default 0,
  created_ms bigint not null,
  updated_ms bigint not null,
  created_by text,
  updated_by text
);
create index evaluation_datasets_by_name on evaluation_datasets (name);
create index evaluation_datasets_by_time on evaluation_datasets (created_ms desc, id desc);

create table evaluation_dataset_records (
  id text primary key,
  dataset_id text not null references evaluation_datasets (id) on delete cascade,
  -- SHA-256 of the inputs with sorted keys: the same inputs are the same record.
  input_hash text not null,
  -- JSON texts, kept as they came.
  inputs text not null,
  outputs text,
  expectations text,
  tags text,
  source text,
  source_id text,
  source_type text,
  created_ms bigint not null,
  updated_ms bigint not null,
  created_by text,
  updated_by text,
  unique (dataset_id, input_hash)
);
create index evaluation_dataset_records_by_time on evaluation_dataset_records (dataset_id, created_ms, id);

create table evaluation_dataset_experiments (
  dataset_id text not null references evaluation_datasets (id) on delete cascade,
  experiment_id bigint not null references experiments (id) on delete cascade,
  primary key (dataset_id, experiment_id)
);
create index evaluation_dataset_experiments_by_experiment on evaluation_dataset_experiments (experiment_id);
