import { FabriqueError, type ModelSignature } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, type RecordChange, type VerbContext } from '../../platform/index.js'
import { lockOrCreateModel } from './create-model.js'
import { checkChars, checkDescription, checkModelName, checkTags, isPromptTags } from './model.js'
import { lockModel, type StoredModel } from './model-store.js'
import { recordModelChange } from './record-change.js'
import { type ResolvedSource, resolveSource } from './resolve-source.js'
import { registryTables, type StoredVersion, selectVersion, selectVersions } from './store.js'
import { tellVersions } from './version-lineage.js'

/** What clients of MLflow send as the source of a prompt, which has no files. */
const promptSources = new Set(['dummy-source', 'prompt-template'])

const NewVersion = z.object({
  model: z.string(),
  source: z.string(),
  run_id: z.string().optional(),
  model_id: z.string().optional(),
  run_link: z.string().max(2048).default(''),
  description: z.string().default(''),
  tags: z.record(z.string(), z.string()).default({}),
  /** Makes the model where it is new, as our own API does; clients of MLflow make it first. */
  make_model: z.boolean().default(false),
  reason: z.string().max(1000).default(''),
})

/**
 * Registers a model folder, or a prompt, as the next version of a model. The source may be the address of the files, of a
 * run (`runs:/`), of a logged model or of another version (`models:/`); see `resolveSource`.
 * Throws `model_not_found`, `model_source_invalid`, `prompt_source_invalid` and what is wrong with names and tags.
 */
export const createModelVersion = changeVerb({
  name: 'registry.create_model_version',
  permission: 'models.write',
  input: NewVersion,
  async run({ ctx, input, record }): Promise<StoredVersion> {
    checkModelName(input.model)
    checkDescription(input.description)
    checkTags(input.tags, input.model)
    for (const id of ['run_id', 'model_id'] as const) checkChars(id, input[id] ?? '', 256)
    const source = isPromptTags(input.tags) ? promptSource(input) : await resolveSource(ctx, input)
    const { model: name, reason } = input
    const model = input.make_model
      ? await lockOrCreateModel(ctx, record, { name, description: '', tags: {}, reason })
      : await lockModel(ctx, name)
    return insertVersion(ctx, record, model, { ...input, ...source, ...(await knownOfFiles(ctx, source)) })
  },
})

function promptSource(input: z.output<typeof NewVersion>): ResolvedSource {
  const { source, run_id } = input
  if (!promptSources.has(source)) throw new FabriqueError('prompt_source_invalid', { source }, { field: 'source' })
  return { source, storage_location: null, artifact_path: null, run_id: run_id || null, logged_model_id: null }
}

/** What another version of the same files knows of them: a copy of a model that is served can be served too. */
async function knownOfFiles(
  ctx: VerbContext,
  { run_id, artifact_path }: ResolvedSource,
): Promise<Pick<VersionValues, 'signature' | 'snapshot_id'>> {
  if (run_id === null || artifact_path === null) return {}
  const same = await selectVersions(ctx, { runIds: [run_id], limit: limit('list.page_max') })
  const known = same.find((version) => version.artifact_path === artifact_path && version.signature !== null)
  return { signature: known?.signature ?? undefined, snapshot_id: known?.snapshot_id ?? undefined }
}

export interface VersionValues extends ResolvedSource {
  readonly description: string
  readonly run_link: string
  readonly tags: Readonly<Record<string, string>>
  readonly signature?: ModelSignature | undefined
  readonly snapshot_id?: string | undefined
  readonly reason: string
}

/** Adds the next version of a model that is locked. */
export async function insertVersion(
  ctx: VerbContext,
  record: RecordChange,
  model: StoredModel,
  values: VersionValues,
): Promise<StoredVersion> {
  const tables = registryTables(ctx)
  const at = ctx.clock.now()
  const { last_version: version } = await tables
    .updateTable('registered_models')
    .set((row) => ({ last_version: row('last_version', '+', 1), updated_at: at }))
    .where('name', '=', model.name)
    .returning('last_version')
    .executeTakeFirstOrThrow()
  const { description, source, tags, run_id } = values
  await tables
    .insertInto('model_versions')
    .values({
      model: model.name,
      version,
      description,
      source,
      storage_location: values.storage_location,
      artifact_path: values.artifact_path,
      run_id,
      logged_model_id: values.logged_model_id,
      run_link: values.run_link,
      stage: 'None',
      signature: values.signature === undefined ? null : JSON.stringify(values.signature),
      tags: JSON.stringify(tags),
      snapshot_id: values.snapshot_id ?? null,
      created_at: at,
      updated_at: at,
      created_by: ctx.actor.id,
    })
    .execute()
  const isPrompt = model.is_prompt || isPromptTags(tags)
  if (!isPrompt) await tellVersions(ctx, model, [{ version, run_id }])
  await recordModelChange(ctx, record, {
    // A version that is a prompt makes it one for those who listen, whatever the model says.
    model: { ...model, is_prompt: isPrompt },
    what: 'version',
    version,
    to: String(version),
    reason: values.reason,
    detail: { description, tags, source, ...(run_id === null ? {} : { run_id }) },
  })
  return selectVersion(ctx, model.name, version)
}
