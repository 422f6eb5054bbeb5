import { type ImportedModel, ImportedModel as Schema } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb, checkModelGrant, type VerbContext } from '../../platform/index.js'
import { artifactFolderOf, runsImported } from '../tracking/index.js'
import { selectModel } from './model-store.js'
import { tellVersions } from './version-lineage.js'

export interface BroughtModels {
  readonly models: number
  readonly versions: number
}

/**
 * Brings registered models with their versions, numbers and aliases. A model, version or alias that is here already stays as
 * it is; numbers that were given there are never given here. Gives how many were made.
 */
export const importModels = changeVerb({
  name: 'registry.import_models',
  permission: 'models.write',
  input: z.object({ items: z.array(Schema) }),
  async run({ ctx, input, record, unchanged }): Promise<BroughtModels> {
    for (const { name } of input.items) checkModelGrant(ctx.actor, name)
    const made = { models: 0, versions: 0 }
    for (const item of [...input.items].sort((left, right) => (left.name < right.name ? -1 : 1))) {
      const one = await bring(ctx, item)
      made.models += one.models
      made.versions += one.versions
    }
    if (made.models + made.versions === 0) unchanged()
    else await record(runsImported({ models: made.models + made.versions }))
    return made
  },
})

async function bring(ctx: VerbContext, model: ImportedModel): Promise<BroughtModels> {
  const versions = model.versions.map(({ creation_time, last_update_time, tags, storage_location, ...version }) => ({
    ...version,
    storage_location: storage_location ?? null,
    artifact_path: artifactFolderOf(storage_location ?? version.source) ?? null,
    tags,
    created_at: new Date(creation_time),
    updated_at: new Date(last_update_time),
  }))
  const aliases = Object.entries(model.aliases).map(([alias, version]) => ({ alias, version }))
  const { rows } = await sql<{ models: number; versions: readonly number[] | null }>`
    with made as (
      insert into registered_models (name, description, tags, last_version, created_at, updated_at)
      values (${model.name}, ${model.description}, ${JSON.stringify(model.tags)}, ${model.last_version},
        ${new Date(model.creation_time)}, ${new Date(model.last_update_time)})
      on conflict (name) do update set last_version = greatest(registered_models.last_version, excluded.last_version)
      returning name, xmax = 0 as is_new
    ), made_versions as (
      insert into model_versions (model, version, description, stage, source, storage_location, artifact_path, run_id,
        logged_model_id, tags, created_at, updated_at, created_by)
      select made.name, v.version, v.description, v.stage, v.source, v.storage_location, v.artifact_path, v.run_id,
        v.logged_model_id, v.tags, v.created_at, v.updated_at, v.user_id
      from made, json_to_recordset(${JSON.stringify(versions)}::json) as v (version int, description text, stage text,
        source text, storage_location text, artifact_path text, run_id text, logged_model_id text, tags jsonb,
        created_at timestamptz, updated_at timestamptz, user_id text)
      on conflict (model, version) do nothing
      returning version
    ), made_aliases as (
      -- An alias of a version that was here already may have been removed by people: it stays so.
      insert into model_aliases (model, alias, version)
      select ${model.name}, a.alias, a.version
      from json_to_recordset(${JSON.stringify(aliases)}::json) as a (alias text, version int)
      join made_versions v on v.version = a.version
      on conflict (model, alias) do nothing
    )
    select (select count(*) filter (where is_new)::int from made) as models,
      (select json_agg(version) from made_versions) as versions
  `.execute(ctx.db)
  const made = new Set(rows[0]?.versions ?? [])
  await tellImported(
    ctx,
    model.name,
    model.versions.filter(({ version }) => made.has(version)),
  )
  return { models: rows[0]?.models ?? 0, versions: made.size }
}

async function tellImported(ctx: VerbContext, name: string, versions: ImportedModel['versions']): Promise<void> {
  if (versions.length === 0) return
  const model = await selectModel(ctx, name)
  if (model.is_prompt) return
  await tellVersions(
    ctx,
    model,
    versions.map(({ version, run_id }) => ({ version, run_id: run_id ?? null })),
  )
}
