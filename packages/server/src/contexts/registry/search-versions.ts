import { type RawBuilder, sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { readVerb } from '../../platform/index.js'
import type { Comparison } from '../../platform/mlflow/index.js'
import { promptTag } from './model.js'
import { type OrderColumns, orderTerms, SearchInput, searchPage } from './search-page.js'
import {
  type Condition,
  integerCondition,
  isAttribute,
  isTag,
  tagCondition,
  textCondition,
  unknownColumn,
} from './search-sql.js'
import { queryVersions, type StoredVersion } from './store.js'

export interface VersionPage {
  readonly versions: readonly StoredVersion[]
  readonly next_page_token?: string
}

/**
 * Versions of all models by a filter, the last changed first unless `order_by` says otherwise; those of prompts only where
 * the filter asks for them. Throws `filter_invalid`, `page_token_invalid`, `mlflow_invalid_value`.
 */
export const searchVersions = readVerb({
  name: 'registry.search_versions',
  permission: 'models.read',
  input: SearchInput,
  async run({ ctx, input }): Promise<VersionPage> {
    const { page, nextPageToken } = await searchPage(input, {
      sizeMax: limit('registry.versions_page_max'),
      notOfPrompts,
      condition: versionCondition,
      order: versionOrder,
      query: (rest) => queryVersions(ctx, rest),
    })
    return nextPageToken === undefined ? { versions: page } : { versions: page, next_page_token: nextPageToken }
  },
})

const notOfPrompts: Condition = sql`(
  lower(coalesce(v.tags ->> ${promptTag}::text, '')) <> 'true'
  and not exists (select from registered_models m where m.name = v.model and m.is_prompt)
)`

const attributes: Readonly<Record<string, (comparison: Comparison) => Condition>> = {
  name: (comparison) => textCondition(sql.ref('v.model'), comparison, true),
  run_id: (comparison) => textCondition(sql.ref('v.run_id'), comparison, true),
  source_path: (comparison) => textCondition(sql.ref('v.source'), comparison, false),
  version_number: (comparison) => integerCondition(sql.ref('v.version'), comparison),
}

function versionCondition(comparison: Comparison): Condition {
  const { column } = comparison
  if (isTag(column)) return tagCondition(sql.ref('v.tags'), comparison)
  const known = isAttribute(column) && Object.hasOwn(attributes, column.key)
  const condition = known ? attributes[column.key] : undefined
  if (condition === undefined) throw unknownColumn(column, [...Object.keys(attributes), 'tags.<key>'])
  return condition(comparison)
}

const orderColumns: OrderColumns = {
  name: sql`v.model collate "C"`,
  version_number: sql`v.version`,
  creation_timestamp: sql`v.created_at`,
  last_updated_timestamp: sql`v.updated_at`,
}

function versionOrder(orderBy: readonly string[]): RawBuilder<unknown> {
  const by = orderBy.length === 0 ? ['last_updated_timestamp DESC'] : orderBy
  return sql.join([...orderTerms(by, orderColumns), sql`v.model collate "C"`, sql`v.version desc`])
}
