-- Predictions: what was asked and answered, what became known of it later, and how fast each version answers. Partitions of a day are made by
-- who writes into them, and dropped when their time is over.

create table predictions (
  -- The moment is that which the id tells.
  at timestamptz not null,
  id text not null,
  row_number int not null,
  model text not null,
  version text not null,
  variant text,
  key text,
  request_id text not null,
  actor text not null,
  inputs json not null,
  features json,
  output json not null,
  duration_ms real not null,
  -- How many predictions it stands for, where only a part is kept.
  weight real not null,
  primary key (at, id, row_number)
) partition by range (at);
create index predictions_by_model on predictions (model, at);
-- Of roll-outs only.
create index predictions_by_variant on predictions (variant, at) where variant is not null;
create index predictions_by_key on predictions (key, at) where key is not null;

create table prediction_feedback (
  predicted_at timestamptz not null,
  prediction_id text not null,
  row_number int not null,
  truth json,
  reward double precision,
  at timestamptz not null,
  actor text not null,
  primary key (predicted_at, prediction_id, row_number)
) partition by range (predicted_at);

-- One row for each minute, version and process: counted, never sampled.
create table answer_minutes (
  at timestamptz not null,
  model text not null,
  version text not null,
  variant text not null,
  process text not null,
  answered int not null,
  refused int not null,
  failed int not null,
  -- How many durations fell into each bucket of `latency-buckets.ts`, by its number.
  durations jsonb not null,
  primary key (at, model, version, variant, process)
);
create index answer_minutes_by_model on answer_minutes (model, at);
