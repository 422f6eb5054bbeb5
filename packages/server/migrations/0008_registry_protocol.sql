-- The whole protocol of the registry: stages, logged models, renaming, prompts, and one history of every change.

alter table registered_models
  -- Stays when the name changes, and is never given again: the history of a deleted model is not that of the next one.
  add column id bigint generated always as identity unique,
  -- Prompts are models with a tag; ordinary searches do not show them.
  add column is_prompt boolean not null
    generated always as (lower(coalesce(tags ->> 'mlflow.prompt.is_prompt', '')) = 'true') stored;

alter table model_versions
  -- Null where the files are kept elsewhere, or are none.
  alter column artifact_path drop not null,
  -- What `source` stands for, when it is an address that the server resolved.
  add column storage_location text,
  add column stage text not null default 'None' check (stage in ('None', 'Staging', 'Production', 'Archived')),
  add column logged_model_id text,
  add column run_link text not null default '',
  drop constraint model_versions_model_fkey,
  add constraint model_versions_model_fkey
    foreign key (model) references registered_models (name) on update cascade on delete cascade;
create index model_versions_by_update on model_versions (updated_at desc, model collate "C", version desc);
create index model_versions_by_logged_model on model_versions (logged_model_id) where logged_model_id is not null;

alter table model_aliases
  drop constraint model_aliases_model_version_fkey,
  add constraint model_aliases_model_version_fkey
    foreign key (model, version) references model_versions (model, version) on update cascade on delete cascade;

-- Who changed what, when and why. Rows stay when the model is deleted.
create table model_changes (
  id bigint generated always as identity primary key,
  model_id bigint not null,
  -- The name it had then.
  model text not null,
  version integer,
  what text not null check (what in ('model', 'version', 'alias', 'stage', 'tag', 'description')),
  -- The alias or the tag.
  key text,
  from_value text,
  to_value text,
  is_prompt boolean not null,
  -- What a new model or version was made with.
  detail jsonb,
  -- The change that this one takes back.
  undoes bigint,
  reason text not null,
  actor text not null,
  at timestamptz not null
);
create index model_changes_by_model on model_changes (model_id, id desc);
create index model_changes_of_aliases on model_changes (model_id, key, id desc) where what = 'alias';

insert into model_changes (model_id, model, what, key, from_value, to_value, is_prompt, reason, actor, at)
select m.id, a.model, 'alias', a.alias, a.from_version::text, a.to_version::text, m.is_prompt, a.reason, a.actor, a.at
from alias_moves a join registered_models m on m.name = a.model order by a.id;
drop table alias_moves;
