import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb } from '../../platform/index.js'
import { type Comparison, offsetOf, pageOfRows, parseOrderBy } from '../../platform/mlflow/index.js'
import { queryModels, type StoredModel } from './model-store.js'
import {
  type Condition,
  checkedPageSize,
  filterSql,
  isAttribute,
  isTag,
  tagCondition,
  textCondition,
  unknownColumn,
} from './search-sql.js'
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
  input: z.object({
    filter: z.string().default(''),
    max_results: z.number().int(),
    order_by: z.array(z.string()).default([]),
    page_token: z.string().optional(),
  }),
  async run({ ctx, input }): Promise<ModelPage> {
    const size = checkedPageSize(input.max_results, limit('registry.models_page_max'))
    const offset = offsetOf(input.page_token)
    const condition = filterSql(input.filter, sql`not m.is_prompt`, modelCondition)
    const models = await queryModels(
      ctx,
      sql`where ${condition} order by ${modelOrder(input.order_by)} limit ${size + 1} offset ${offset}`,
    )
    const { page, nextPageToken } = pageOfRows(models, { offset, size })
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

const orderColumns: Readonly<Record<string, RawBuilder<unknown>>> = {
  name: sql`m.name collate "C"`,
  timestamp: sql`m.updated_at`,
  last_updated_timestamp: sql`m.updated_at`,
  creation_timestamp: sql`m.created_at`,
}

function modelOrder(orderBy: readonly string[]): RawBuilder<unknown> {
  const by = parseOrderBy(orderBy).map(({ column, descending }) => {
    const known = isAttribute(column) && Object.hasOwn(orderColumns, column.key)
    const ref = known ? orderColumns[column.key] : undefined
    if (ref === undefined) throw unknownColumn(column, Object.keys(orderColumns))
    return descending ? sql`${ref} desc` : sql`${ref}`
  })
  return sql.join([...by, sql`m.name collate "C"`])
}
