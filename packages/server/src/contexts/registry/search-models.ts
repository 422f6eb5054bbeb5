import { type RawBuilder, sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { readVerb } from '../../platform/index.js'
import type { Comparison } from '../../platform/mlflow/index.js'
import { queryModels, type StoredModel } from './model-store.js'
import { type OrderColumns, orderTerms, SearchInput, searchPage } from './search-page.js'
import { type Condition, isAttribute, isTag, tagCondition, textCondition, unknownColumn } from './search-sql.js'
import { type StoredVersion, selectLatestVersions } from './store.js'

export interface ModelPage {
  readonly models: readonly StoredModel[]
  /** The newest version of each stage, by model. */
  readonly latest: ReadonlyMap<string, readonly StoredVersion[]>
  readonly next_page_token?: string
}

/**
 * Models by a filter on name and tags, by name unless `order_by` says otherwise; prompts only where the filter asks for
 * them. Throws `filter_invalid`, `page_token_invalid`, `mlflow_invalid_value`.
 */
export const searchModels = readVerb({
  name: 'registry.search_models',
  permission: 'models.read',
  input: SearchInput,
  async run({ ctx, input }): Promise<ModelPage> {
    const { page, nextPageToken } = await searchPage(input, {
      sizeMax: limit('registry.models_page_max'),
      notOfPrompts: sql`not m.is_prompt`,
      condition: modelCondition,
      order: modelOrder,
      query: (rest) => queryModels(ctx, rest),
    })
    const latest = new Map<string, StoredVersion[]>()
    const names = page.map(({ name }) => name)
    for (const version of await selectLatestVersions(ctx, names)) {
      latest.set(version.model, [...(latest.get(version.model) ?? []), version])
    }
    return { models: page, latest, ...(nextPageToken === undefined ? {} : { next_page_token: nextPageToken }) }
  },
})

function modelCondition(comparison: Comparison): Condition {
  const { column } = comparison
  if (isTag(column)) return tagCondition(sql.ref('m.tags'), comparison)
  if (isAttribute(column) && column.key === 'name') return textCondition(sql.ref('m.name'), comparison, true)
  throw unknownColumn(column, ['name', 'tags.<key>'])
}

const orderColumns: OrderColumns = {
  name: sql`m.name collate "C"`,
  timestamp: sql`m.updated_at`,
  last_updated_timestamp: sql`m.updated_at`,
  creation_timestamp: sql`m.created_at`,
}

function modelOrder(orderBy: readonly string[]): RawBuilder<unknown> {
  return sql.join([...orderTerms(orderBy, orderColumns), sql`m.name collate "C"`])
}
