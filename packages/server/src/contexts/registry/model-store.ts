import { FabriqueError } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import { fromJsonb, type VerbContext } from '../../platform/index.js'
import { registryTables } from './store.js'

/** A model as the registry stores it, with its aliases. */
export interface StoredModel {
  readonly id: number
  readonly name: string
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  readonly is_prompt: boolean
  readonly created_at: Date
  readonly updated_at: Date
  /** Version by alias. */
  readonly aliases: Readonly<Record<string, number>>
}

interface ModelRow extends Omit<StoredModel, 'tags' | 'aliases'> {
  readonly tags: unknown
  readonly aliases: Readonly<Record<string, number>> | null
}

/** Models from conditions, order and page on `registered_models m`. */
export async function queryModels(ctx: VerbContext, rest: RawBuilder<unknown>): Promise<readonly StoredModel[]> {
  const { rows } = await sql<ModelRow>`
    select m.*, (select jsonb_object_agg(a.alias, a.version) from model_aliases a where a.model = m.name) as aliases
    from registered_models m ${rest}
  `.execute(ctx.db)
  return rows.map((row) => ({
    ...row,
    tags: fromJsonb<Readonly<Record<string, string>>>(row.tags),
    aliases: row.aliases ?? {},
  }))
}

/** One model; throws `model_not_found`. */
export async function selectModel(ctx: VerbContext, name: string): Promise<StoredModel> {
  const [model] = await queryModels(ctx, sql`where m.name = ${name}`)
  if (model === undefined) throw new FabriqueError('model_not_found', { model: name })
  return model
}

/**
 * Takes the lock of a model, which every change of it, of its versions and of its aliases takes first, and reads it.
 * Throws `model_not_found`.
 */
export async function lockModel(ctx: VerbContext, name: string): Promise<StoredModel> {
  // Read after the lock is there: a statement that waits for a lock sees other tables as they were before the wait.
  await registryTables(ctx).selectFrom('registered_models').select('id').where('name', '=', name).forUpdate().execute()
  return selectModel(ctx, name)
}

/** Moves the moment of the last change of a model. */
export async function touchModel(ctx: VerbContext, name: string): Promise<void> {
  await registryTables(ctx)
    .updateTable('registered_models')
    .set({ updated_at: ctx.clock.now() })
    .where('name', '=', name)
    .execute()
}
