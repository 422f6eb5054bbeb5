create table projects (
  name text primary key,
  description text,
  folder text not null,
  definition jsonb not null,
  digest text not null,
  applied_at timestamptz not null
);
