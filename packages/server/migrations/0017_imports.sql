-- Runs that an import brought completely: the next import from the same place passes them by.
create table imported_runs (
  run_id text primary key references runs (id) on delete cascade,
  source text not null,
  completed_at timestamptz not null
);
