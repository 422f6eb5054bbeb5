create table projects (
  name text primary key,
  description text,
  folder text not null,
  -- json, not jsonb: the order in which columns are declared is kept.
  definition json not null,
  digest text not null,
  applied_at timestamptz not null
);
