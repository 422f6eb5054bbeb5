import {
  type AliasMove,
  FabriqueError,
  PageQuery,
  type RegisteredModel,
  type RegisteredModelDetail,
} from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { describeVersions } from './get-version.js'
import { registryTables, selectVersions } from './store.js'

interface ModelRow {
  readonly name: string
  readonly description: string
  readonly tags: Record<string, string>
  readonly created_at: Date
  readonly updated_at: Date
  readonly version_count: number
  readonly latest_version: number | null
  readonly aliases: Record<string, number> | null
}

async function selectModels(
  ctx: VerbContext,
  where: { readonly name?: string; readonly after?: string; readonly limit: number },
): Promise<readonly RegisteredModel[]> {
  const { rows } = await sql<ModelRow>`
    select m.name, m.description, m.tags, m.created_at, m.updated_at,
      (select count(*)::int from model_versions v where v.model = m.name) as version_count,
      (select max(version) from model_versions v where v.model = m.name) as latest_version,
      (select jsonb_object_agg(alias, version) from model_aliases a where a.model = m.name) as aliases
    from registered_models m
    where (${where.name ?? null}::text is null or m.name = ${where.name ?? null})
      and (${where.after ?? null}::text is null or m.name > ${where.after ?? null})
    order by m.name limit ${where.limit}
  `.execute(ctx.db)
  return rows.map((row) => ({
    name: row.name,
    description: row.description,
    aliases: Object.fromEntries(Object.entries(row.aliases ?? {}).map(([alias, version]) => [alias, String(version)])),
    ...(row.latest_version === null ? {} : { latest_version: String(row.latest_version) }),
    version_count: row.version_count,
    tags: row.tags,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }))
}

/** A page of the registered models by name. The token is the last name shown. */
export const listModels = readVerb({
  name: 'registry.list_models',
  permission: 'models.read',
  input: PageQuery,
  async run({ ctx, input }): Promise<{ items: RegisteredModel[]; next_page_token?: string }> {
    const models = await selectModels(ctx, {
      ...(input.page_token === undefined ? {} : { after: input.page_token }),
      limit: input.limit + 1,
    })
    const items = models.slice(0, input.limit)
    const last = items.at(-1)
    return models.length > input.limit && last !== undefined ? { items, next_page_token: last.name } : { items }
  },
})

/** One model with its versions and the history of its aliases; throws `model_not_found`. */
export const getModel = readVerb({
  name: 'registry.get_model',
  permission: 'models.read',
  input: z.object({ model: z.string() }),
  async run({ ctx, input }): Promise<RegisteredModelDetail> {
    const [model] = await selectModels(ctx, { name: input.model, limit: 1 })
    if (model === undefined) throw new FabriqueError('model_not_found', { model: input.model })
    const versions = await selectVersions(ctx, { model: input.model, limit: limit('list.page_max') })
    const moves = await registryTables(ctx)
      .selectFrom('alias_moves')
      .selectAll()
      .where('model', '=', input.model)
      .orderBy('at', 'desc')
      .limit(limit('list.page_max'))
      .execute()
    return {
      ...model,
      versions: [...(await describeVersions(ctx, versions))],
      alias_history: moves.map(
        (move): AliasMove => ({
          alias: move.alias,
          ...(move.from_version === null ? {} : { from_version: String(move.from_version) }),
          ...(move.to_version === null ? {} : { to_version: String(move.to_version) }),
          reason: move.reason,
          actor: move.actor,
          at: move.at.toISOString(),
        }),
      ),
    }
  },
})
