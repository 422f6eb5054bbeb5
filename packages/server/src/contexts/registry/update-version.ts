import { FabriqueError, type ModelVersion } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb, type RecordChange, type VerbContext } from '../../platform/index.js'
import { describeVersion } from './get-version.js'
import { canonicalStage, checkDescription, isActiveStage } from './model.js'
import { lockModel, type StoredModel, touchModel } from './model-store.js'
import { recordModelChange } from './record-change.js'
import { queryVersions, registryTables, type StoredVersion, selectVersion, versionNumber } from './store.js'

/**
 * Describes a version, or puts it into a stage; with `archive_existing` the versions that are in that stage go to
 * Archived. Throws `model_version_not_found`, `model_stage_invalid`, `model_stage_not_active`.
 */
export const updateModelVersion = changeVerb({
  name: 'registry.update_model_version',
  permission: 'models.write',
  input: z.object({
    model: z.string(),
    version: z.string(),
    description: z.string().optional(),
    stage: z.string().optional(),
    archive_existing: z.boolean().default(false),
    reason: z.string().max(1000).default(''),
  }),
  async run({ ctx, input, record, unchanged }): Promise<ModelVersion> {
    const { description, reason } = input
    if (description !== undefined) checkDescription(description)
    const stage = input.stage === undefined ? undefined : canonicalStage(input.stage)
    if (input.archive_existing && (stage === undefined || !isActiveStage(stage))) {
      throw new FabriqueError('model_stage_not_active', { stage: input.stage ?? 'None' })
    }
    const number = versionNumber(input.model, input.version)
    await selectVersion(ctx, input.model, number)
    const model = await lockModel(ctx, input.model)
    const version = await selectVersion(ctx, model.name, number)
    const change: VersionChange = { model, version, record, reason }
    if (description !== undefined && description !== version.description) await describe(ctx, change, description)
    if (stage !== undefined) await moveToStage(ctx, change, stage, input.archive_existing)
    // Also where nothing else changes: clients read the moment of the last update.
    await updateRow(ctx, version, {})
    unchanged()
    return describeVersion(ctx, await selectVersion(ctx, model.name, number))
  },
})

interface VersionChange {
  readonly model: StoredModel
  readonly version: StoredVersion
  readonly record: RecordChange
  readonly reason: string
}

async function updateRow(
  ctx: VerbContext,
  { model, version }: StoredVersion,
  values: { readonly description?: string; readonly stage?: ModelVersion['stage'] },
): Promise<void> {
  await registryTables(ctx)
    .updateTable('model_versions')
    .set({ ...values, updated_at: ctx.clock.now() })
    .where('model', '=', model)
    .where('version', '=', version)
    .execute()
}

async function describe(ctx: VerbContext, change: VersionChange, description: string): Promise<void> {
  const { model, version, record, reason } = change
  await updateRow(ctx, version, { description })
  const { version: number, description: from } = version
  await recordModelChange(ctx, record, { model, version: number, what: 'description', from, to: description, reason })
}

async function moveToStage(
  ctx: VerbContext,
  change: VersionChange,
  stage: ModelVersion['stage'],
  archiveExisting: boolean,
): Promise<void> {
  const { model, version, record, reason } = change
  const others = archiveExisting
    ? await queryVersions(
        ctx,
        sql`where v.model = ${model.name} and v.stage = ${stage} and v.version <> ${version.version} order by v.version`,
      )
    : []
  const moves = [...others.map((other) => [other, 'Archived'] as const), [version, stage] as const]
  for (const [moved, to] of moves) {
    if (moved.stage === to) continue
    await updateRow(ctx, moved, { stage: to })
    const values = { version: moved.version, from: moved.stage, to }
    await recordModelChange(ctx, record, { model, what: 'stage', ...values, reason })
  }
  await touchModel(ctx, model.name)
}
