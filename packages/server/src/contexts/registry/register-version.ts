import { ModelSignature } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { registryTables, type StoredVersion, selectVersion, selectVersions } from './store.js'

/**
 * Registers the model folder of a run as the next version of a model, which is made when it does not exist. The same folder
 * of the same run again gives the version it has, so that a step that is run again after a crash makes no second one.
 */
export const registerVersion = changeVerb({
  name: 'registry.register_version',
  permission: 'models.write',
  input: z.object({
    model: z.string().min(1),
    description: z.string().default(''),
    run_id: z.string(),
    source: z.string(),
    artifact_path: z.string(),
    signature: ModelSignature.optional(),
    snapshot_id: z.string().optional(),
    tags: z.record(z.string(), z.string()).default({}),
  }),
  async run({ ctx, input, record, unchanged }): Promise<StoredVersion> {
    const tables = registryTables(ctx)
    const at = ctx.clock.now()
    // The row of the model is the lock: versions of one model are numbered one after the other.
    const { last_version: last } = await tables
      .insertInto('registered_models')
      .values({
        name: input.model,
        description: input.description,
        tags: '{}',
        last_version: 0,
        created_at: at,
        updated_at: at,
      })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ updated_at: at }))
      .returning('last_version')
      .executeTakeFirstOrThrow()
    const known = (await selectVersions(ctx, { model: input.model, runIds: [input.run_id], limit: 100 })).find(
      ({ artifact_path }) => artifact_path === input.artifact_path,
    )
    if (known !== undefined) {
      unchanged()
      return known
    }
    const version = last + 1
    await tables
      .updateTable('registered_models')
      .set({ last_version: version })
      .where('name', '=', input.model)
      .execute()
    await tables
      .insertInto('model_versions')
      .values({
        model: input.model,
        version,
        description: '',
        source: input.source,
        artifact_path: input.artifact_path,
        run_id: input.run_id,
        signature: input.signature === undefined ? null : JSON.stringify(input.signature),
        tags: JSON.stringify(input.tags),
        snapshot_id: input.snapshot_id ?? null,
        created_at: at,
        updated_at: at,
        created_by: ctx.actor.id,
      })
      .execute()
    await record({
      subject: `models/${input.model}/${version}`,
      event: 'model_version.created',
      payload: { model: input.model, version: String(version), run_id: input.run_id },
    })
    return selectVersion(ctx, input.model, version)
  },
})
