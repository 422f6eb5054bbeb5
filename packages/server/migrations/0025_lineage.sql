-- Lineage: what is in the trash may come back, what was erased may not; and the links of what is here already.

alter table lineage_nodes add erased_at timestamptz;
update lineage_nodes set erased_at = deleted_at where deleted_at is not null;
create index lineage_nodes_by_model on lineage_nodes ((detail ->> 'model'), (detail ->> 'version'))
  where kind = 'model_version';

-- The newest links of a thing are read first, in both directions.
create index lineage_links_down_by_age on lineage_links (from_kind, from_id, created_at desc);
create index lineage_links_up_by_age on lineage_links (to_kind, to_id, created_at desc);
drop index lineage_links_up;

-- A data set that a client logged is known again by the beginning of the hash of its content.
create index if not exists snapshots_by_hash on snapshots (content_hash text_pattern_ops);

insert into lineage_nodes (kind, id, label, project, detail, created_at)
select 'snapshot', id, dataset || ' ' || left(content_hash, 8), project,
  jsonb_build_object('dataset', dataset, 'rows', row_count, 'content_hash', content_hash), created_at
from snapshots on conflict do nothing;

insert into lineage_nodes (kind, id, label, project, detail, created_at)
select distinct on (project, source ->> 'kind', source ->> 'location')
  'source', project || '/' || (source ->> 'kind') || '/' || left(md5(source ->> 'location'), 16), source ->> 'location', project,
  jsonb_build_object('kind', source ->> 'kind', 'location', source ->> 'location'), created_at
from snapshots order by project, source ->> 'kind', source ->> 'location', created_at
on conflict do nothing;

insert into lineage_links (from_kind, from_id, to_kind, to_id, relation, created_at)
select 'source', project || '/' || (source ->> 'kind') || '/' || left(md5(source ->> 'location'), 16), 'snapshot', id, 'read',
  created_at
from snapshots on conflict do nothing;

insert into lineage_nodes (kind, id, label, project, detail, created_at)
select 'validation', id, dataset || case when success then ' passed' else ' failed' end, project,
  jsonb_build_object('success', success, 'evaluated', evaluated, 'failed', failed), created_at
from validations on conflict do nothing;

insert into lineage_links (from_kind, from_id, to_kind, to_id, relation, created_at)
select 'snapshot', v.snapshot_id, 'validation', v.id, 'checked', v.created_at
from validations v join lineage_nodes n on n.kind = 'snapshot' and n.id = v.snapshot_id on conflict do nothing;

-- Runs that read a snapshot: named by its id in the source, or by 16 or more digits of the hash of its content.
create temporary table read_snapshots on commit drop as
with known as (
  select i.run_id, d.name, d.digest, substring(d.source from 'snap_[0-9a-z]+') as named,
    coalesce(i.tags ->> 'mlflow.data.context', '') as context
  from run_inputs i join tracked_datasets d on d.id = i.dataset_id
), meant as (
  select k.run_id, k.context, s.id as snapshot_id from known k join snapshots s on s.id = k.named
  union
  select k.run_id, k.context, s.id from known k
  join snapshots s on s.content_hash ~>=~ k.digest and s.content_hash ~<~ (k.digest || 'g')
  where k.digest ~ '^[0-9a-f]{16,64}$' and not exists (select from snapshots where id = k.named)
    and (s.dataset = k.name or not exists (
      select from snapshots o where o.content_hash ~>=~ k.digest and o.content_hash ~<~ (k.digest || 'g') and o.dataset = k.name
    ))
)
select run_id, snapshot_id, case when context ~* '^train' then 'trained'
  when context ~* '^(eval|val|test)' then 'evaluated' else 'read' end as relation from meant;

insert into lineage_nodes (kind, id, label, project, detail, created_at, deleted_at)
select 'run', r.id, r.name, (select value from run_tags t where t.run_id = r.id and t.key = 'fabrique.project'),
  jsonb_build_object('experiment_id', r.experiment_id::text, 'experiment', e.name), to_timestamp(r.start_ms / 1000.0),
  case when r.lifecycle_stage = 'deleted' then to_timestamp(coalesce(r.deleted_ms, r.start_ms) / 1000.0) end
from runs r join experiments e on e.id = r.experiment_id
where r.id in (select run_id from read_snapshots union select run_id from model_versions where run_id is not null)
on conflict do nothing;

insert into lineage_links (from_kind, from_id, to_kind, to_id, relation, created_at)
select 'snapshot', s.snapshot_id, 'run', r.id, s.relation, to_timestamp(r.start_ms / 1000.0)
from read_snapshots s join runs r on r.id = s.run_id on conflict do nothing;

insert into lineage_nodes (kind, id, label, detail, created_at)
select 'model_version', m.id || '/' || v.version, v.model || ' ' || v.version,
  jsonb_build_object('model', v.model, 'version', v.version::text), v.created_at
from model_versions v join registered_models m on m.name = v.model where not m.is_prompt on conflict do nothing;

insert into lineage_links (from_kind, from_id, to_kind, to_id, relation, created_at)
select 'run', r.id, 'model_version', m.id || '/' || v.version, 'registered', v.created_at
from model_versions v join registered_models m on m.name = v.model join runs r on r.id = v.run_id
where not m.is_prompt on conflict do nothing;

-- DVC: which data set each output of an adopted repository goes to, what its hashes became, and the MD5 of contents.
create table dvc_outputs (
  project text not null,
  -- Folder of the repository.
  repository text not null,
  path text not null,
  dataset text not null,
  is_file boolean not null,
  primary key (project, repository, path),
  unique (project, dataset)
);

create table dvc_imports (
  project text not null,
  dataset text not null,
  -- Kind and MD5 of the output.
  hash text not null,
  snapshot_id text not null references snapshots (id) on delete cascade,
  primary key (project, dataset, hash)
);
create index dvc_imports_by_snapshot on dvc_imports (snapshot_id);

create table content_md5s (
  sha256 text primary key,
  md5 text not null
);
