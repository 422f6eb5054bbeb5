-- Traces of the MLflow protocol and of OpenTelemetry. Tags and metadata stand in the row, so that a page of a search reads
-- nothing else but assessments. Long values are kept out of line: what a search walks stays narrow.

create table traces (
  id text primary key,
  experiment_id bigint not null references experiments (id),
  client_request_id text,
  request_ms bigint not null,
  execution_ms bigint,
  state text not null check (state in ('STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS')),
  name text,
  request_preview text,
  response_preview text,
  metadata jsonb not null default '{}',
  tags jsonb not null default '{}',
  -- True once a client has told the whole trace: spans that come later change its times no more.
  is_final boolean not null default false,
  span_count integer not null default 0,
  -- What metrics sum: read once when the row is written, since metadata are long texts of clients.
  session_id text generated always as (metadata ->> 'mlflow.trace.session') stored,
  input_tokens bigint generated always as
    (substring(metadata ->> 'mlflow.trace.tokenUsage' from '"input_tokens"\s*:\s*(\d{1,15})')::bigint) stored,
  output_tokens bigint generated always as
    (substring(metadata ->> 'mlflow.trace.tokenUsage' from '"output_tokens"\s*:\s*(\d{1,15})')::bigint) stored,
  total_tokens bigint generated always as
    (substring(metadata ->> 'mlflow.trace.tokenUsage' from '"total_tokens"\s*:\s*(\d{1,15})')::bigint) stored
) with (toast_tuple_target = 256);
alter table traces alter column tags set storage main;
create index traces_by_time on traces (experiment_id, request_ms desc, id);
create index traces_by_duration on traces (experiment_id, execution_ms desc nulls last, request_ms desc, id);
create index traces_by_state on traces (experiment_id, state, request_ms desc, id);
create index traces_by_name on traces (experiment_id, name, request_ms desc, id);
create index traces_by_tag on traces using gin (tags jsonb_path_ops);
create index traces_by_metadata on traces using gin (metadata jsonb_path_ops);

-- No foreign key: spans are written after their trace in one transaction, and deleted with it in one statement.
create table trace_spans (
  trace_id text not null,
  span_id text not null,
  parent_span_id text,
  name text not null,
  type text not null,
  status text not null check (status in ('UNSET', 'OK', 'ERROR')),
  -- Nanoseconds since 1970.
  start_ns bigint not null,
  end_ns bigint,
  -- Token counts and cost as the span told them, null where it did not.
  usage jsonb,
  cost jsonb,
  model text,
  model_provider text,
  -- Attributes as texts, cut, for searches; the whole span in `content`, as protocol buffers write it in JSON.
  attributes jsonb not null,
  content text not null,
  primary key (trace_id, span_id)
);

create table trace_assessments (
  id text primary key,
  trace_id text not null references traces (id) on delete cascade,
  kind text not null check (kind in ('feedback', 'expectation', 'issue')),
  name text not null,
  -- The value as JSON text; the number in it where it has one (true is 1), for comparisons and means.
  value text not null,
  number_value double precision,
  error jsonb,
  serialization_format text,
  source_type text not null,
  source_id text not null,
  span_id text,
  run_id text,
  rationale text,
  metadata jsonb not null default '{}',
  overrides text,
  is_valid boolean not null default true,
  created_ms bigint not null,
  updated_ms bigint not null
);
create index trace_assessments_by_trace on trace_assessments (trace_id, created_ms, id);
create index trace_assessments_by_name on trace_assessments (kind, name);

-- Runs and prompt versions (`name/version`) that a trace is linked to.
create table trace_links (
  trace_id text not null references traces (id) on delete cascade,
  kind text not null check (kind in ('run', 'prompt')),
  target text not null,
  primary key (trace_id, kind, target)
);
create index trace_links_by_target on trace_links (kind, target, trace_id);
