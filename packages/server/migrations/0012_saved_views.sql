-- Views of the runs of an experiment that people saved: the query part of the address of the page.

create table saved_views (
  experiment_id bigint not null references experiments (id) on delete cascade,
  name text not null,
  query text not null,
  saved_at timestamptz not null,
  saved_by text not null,
  primary key (experiment_id, name)
);
