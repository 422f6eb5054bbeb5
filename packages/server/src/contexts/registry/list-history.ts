import { FabriqueError, type ModelChange, PageQuery } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { queryChanges, type StoredChange, toModelChange } from './change-store.js'
import { selectModel } from './model-store.js'

/**
 * Every change of a model, newest first: aliases, stages, tags, descriptions, names; who, when, why, from, to. What
 * happened under an earlier name of the model is there too. Throws `model_not_found`, `page_token_invalid`.
 */
export const listModelHistory = readVerb({
  name: 'registry.list_model_history',
  permission: 'models.read',
  input: PageQuery.extend({ model: z.string() }),
  async run({ ctx, input }): Promise<{ items: ModelChange[]; next_page_token?: string }> {
    const { page_token: token, limit: size } = input
    if (token !== undefined && !/^\d{1,15}$/.test(token)) throw new FabriqueError('page_token_invalid', { token })
    const { id } = await selectModel(ctx, input.model)
    const before = token === undefined ? sql`` : sql`and c.id < ${token}::bigint`
    const changes = await queryChanges(
      ctx,
      sql`where c.model_id = ${id} ${before} order by c.id desc limit ${size + 1}`,
    )
    const items = changes.slice(0, size).map(toModelChange)
    const last = changes[size - 1]
    return changes.length > size && last !== undefined ? { items, next_page_token: String(last.id) } : { items }
  },
})

/** Changes by id, for who makes something of the events that name them. Ids that do not exist are left out. */
export const changesOfModels = readVerb({
  name: 'registry.changes_of_models',
  permission: 'models.read',
  input: z.object({ ids: z.array(z.number().int()) }),
  async run({ ctx, input }): Promise<ReadonlyMap<number, StoredChange>> {
    const changes = await queryChanges(ctx, sql`where c.id = any(${input.ids}::bigint[])`)
    return new Map(changes.map((change) => [change.id, change]))
  },
})
