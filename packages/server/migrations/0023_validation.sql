-- Suites that are kept on the server, and validations with severities, suites and the version of the engine.

create table suites (
  project text not null,
  dataset text not null,
  name text not null,
  expectations jsonb not null,
  meta jsonb not null default '{}',
  updated_by text not null,
  updated_at timestamptz not null,
  primary key (project, dataset, name)
);

-- Results stay when the snapshot that they are about is erased: they are the history of the data set.
alter table validations drop constraint validations_snapshot_id_fkey;
alter table validations drop constraint validations_snapshot_id_suite_digest_key;
alter table validations add suite text not null default 'declared';
alter table validations add engine_version integer not null default 0;
alter table validations add failed_critical integer not null default 0;
alter table validations add failed_warning integer not null default 0;
alter table validations add failed_info integer not null default 0;
alter table validations add not_evaluated integer not null default 0;
update validations set failed_critical = failed;
-- Histories are in the order of the snapshots, whenever they were checked.
alter table validations add snapshot_created_at timestamptz;
update validations v set snapshot_created_at = s.created_at from snapshots s where s.id = v.snapshot_id;
alter table validations alter snapshot_created_at set not null;
create unique index validations_once on validations (snapshot_id, suite, suite_digest, engine_version);
create index validations_by_dataset on validations (project, dataset, created_at desc, id desc);
create index validations_by_snapshot_age on validations (project, dataset, snapshot_created_at desc);

-- One row for each expectation of a validation: its history over the snapshots, without the values that were found.
create table validation_checks (
  validation_id text not null references validations (id) on delete cascade,
  position integer not null,
  -- What the expectation is about, without its bounds: see expectation-identity.ts.
  identity text not null,
  success boolean not null,
  is_evaluated boolean not null,
  unexpected_share double precision,
  observed jsonb,
  primary key (validation_id, position)
);
