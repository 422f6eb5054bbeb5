import { PageQuery, type RegisteredModel, type RegisteredModelDetail } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit, present } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { selectMoves, toAliasMove } from './change-store.js'
import { describeVersions } from './get-version.js'
import { queryModels, type StoredModel, selectModel } from './model-store.js'
import { selectVersions } from './store.js'

/** Models as the API shows them, with how many versions they have. */
export async function describeModels(
  ctx: VerbContext,
  models: readonly StoredModel[],
): Promise<readonly RegisteredModel[]> {
  const { rows } = await sql<{ model: string; versions: number; latest: number }>`
    select model, count(*)::int as versions, max(version) as latest
    from model_versions where model = any(${models.map(({ name }) => name)}::text[]) group by model
  `.execute(ctx.db)
  const counts = new Map(rows.map((row) => [row.model, row]))
  return models.map((model) => {
    const count = counts.get(model.name)
    return {
      name: model.name,
      description: model.description,
      aliases: Object.fromEntries(Object.entries(model.aliases).map(([alias, version]) => [alias, String(version)])),
      ...(count === undefined ? {} : { latest_version: String(count.latest) }),
      version_count: count?.versions ?? 0,
      tags: model.tags,
      created_at: model.created_at.toISOString(),
      updated_at: model.updated_at.toISOString(),
    }
  })
}

/** One model as the API shows it. Throws `model_not_found`. */
export async function describeModel(ctx: VerbContext, name: string): Promise<RegisteredModel> {
  const model = await selectModel(ctx, name)
  const [described] = await describeModels(ctx, [model])
  return present(described, 'The model')
}

/** A page of the registered models by name, without prompts. The token is the last name shown. */
export const listModels = readVerb({
  name: 'registry.list_models',
  permission: 'models.read',
  input: PageQuery,
  async run({ ctx, input }): Promise<{ items: RegisteredModel[]; next_page_token?: string }> {
    const after = input.page_token === undefined ? sql`` : sql`and m.name > ${input.page_token}`
    const models = await queryModels(ctx, sql`where not m.is_prompt ${after} order by m.name limit ${input.limit + 1}`)
    const items = [...(await describeModels(ctx, models.slice(0, input.limit)))]
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
    const { id } = await selectModel(ctx, input.model)
    const versions = await selectVersions(ctx, { model: input.model, limit: limit('list.page_max') })
    const moves = await selectMoves(ctx, { modelId: id, limit: limit('list.page_max') })
    return {
      ...(await describeModel(ctx, input.model)),
      versions: [...(await describeVersions(ctx, versions))],
      alias_history: moves.map(toAliasMove),
    }
  },
})
