-- What projects declare of features, as it was applied. A version never changes but for what people say about it.

create table feature_entities (
  project text not null,
  name text not null,
  definition jsonb not null,
  applied_at timestamptz not null,
  applied_by text not null,
  primary key (project, name)
);

create table feature_views (
  id text primary key,
  project text not null,
  name text not null,
  version integer not null,
  definition jsonb not null,
  -- Names and types of the keys of its entities when it was applied.
  keys jsonb not null,
  -- Of all that decides about values: another one is another version.
  digest text not null,
  applied_at timestamptz not null,
  applied_by text not null,
  -- When the view was taken out of the declarations; its versions stay.
  removed_at timestamptz,
  unique (project, name, version)
);
create unique index feature_views_served on feature_views (project, name, version desc) where removed_at is null;

create table feature_services (
  project text not null,
  name text not null,
  version integer not null,
  definition jsonb not null,
  -- The versions of its views when it was applied.
  views jsonb not null,
  digest text not null,
  applied_at timestamptz not null,
  applied_by text not null,
  removed_at timestamptz,
  primary key (project, name, version)
);
