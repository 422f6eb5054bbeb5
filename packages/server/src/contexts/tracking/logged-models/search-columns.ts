import { type RawBuilder, sql } from 'kysely'
import { type Comparison, type FilterColumn, filterError, invalidValue } from '../../../platform/mlflow/index.js'
import { type Condition, numberCondition, textCondition, unknownColumn } from '../search-sql.js'
import type { DatasetFilter, OrderBy } from './schema.js'

interface Attribute {
  readonly column: string
  readonly kind: 'text' | 'number'
}

/** Columns of `logged_models l` by the names that clients use. */
const attributes: Readonly<Record<string, Attribute>> = {
  name: { column: 'l.name', kind: 'text' },
  model_id: { column: 'l.id', kind: 'text' },
  model_type: { column: 'l.model_type', kind: 'text' },
  status: { column: 'l.status', kind: 'text' },
  source_run_id: { column: 'l.source_run_id', kind: 'text' },
  creation_time: { column: 'l.created_ms', kind: 'number' },
  creation_timestamp: { column: 'l.created_ms', kind: 'number' },
  creation_timestamp_ms: { column: 'l.created_ms', kind: 'number' },
  last_updated_timestamp: { column: 'l.updated_ms', kind: 'number' },
  last_updated_timestamp_ms: { column: 'l.updated_ms', kind: 'number' },
}

const entities = new Set(['attributes', 'metrics', 'params', 'tags'])

function attributeOf(column: FilterColumn): Attribute {
  const found = Object.hasOwn(attributes, column.key) ? attributes[column.key] : undefined
  if (found === undefined) throw unknownColumn(column, Object.keys(attributes))
  return found
}

/** Points of the data sets that a search named; all where it named none. */
export function datasetCondition(datasets: readonly DatasetFilter[]): Condition {
  if (datasets.length === 0) return sql`true`
  const each = datasets.map(({ dataset_name, dataset_digest }) =>
    dataset_digest
      ? sql`(p.dataset_name = ${dataset_name} and p.dataset_digest = ${dataset_digest})`
      : sql`p.dataset_name = ${dataset_name}`,
  )
  return sql`(${sql.join(each, sql` or `)})`
}

/** Statuses are stored without the prefix that the protocol gives them; both forms are understood. */
function withoutStatusPrefix(comparison: Comparison): Comparison {
  const { value } = comparison
  const strip = (text: string) => text.replace(/^LOGGED_MODEL_/, '')
  if (value.kind === 'text') return { ...comparison, value: { kind: 'text', text: strip(value.text) } }
  if (value.kind === 'list') return { ...comparison, value: { kind: 'list', texts: value.texts.map(strip) } }
  return comparison
}

/** What a comparison means for `logged_models l`; any point of a metric may match. Throws `filter_invalid`. */
export function modelCondition(comparison: Comparison, datasets: readonly DatasetFilter[]): Condition {
  const { column } = comparison
  const entity = column.entity ?? 'attributes'
  if (!entities.has(entity)) {
    throw filterError(
      `${entity}.${column.key}`,
      `Invalid entity type: '${entity}'. Expected one of ${[...entities].join(', ')}`,
    )
  }
  if (column.aggregate !== undefined) throw filterError(comparison.text, 'logged models know no aggregates')
  if (entity === 'metrics') {
    return sql`exists (select from logged_model_metrics p where p.model_id = l.id and p.key = ${column.key}
      and not p.is_nan and ${datasetCondition(datasets)} and ${numberCondition(sql.ref('p.value'), comparison)})`
  }
  if (entity === 'params' || entity === 'tags') {
    return sql`exists (select from ${sql.table(`logged_model_${entity}`)} kv where kv.model_id = l.id
      and kv.key = ${column.key} and ${textCondition(sql.ref('kv.value'), comparison, true)})`
  }
  const attribute = attributeOf(column)
  const ref = sql.ref(attribute.column)
  if (attribute.kind === 'number') return numberCondition(ref, comparison)
  return textCondition(ref, attribute.column === 'l.status' ? withoutStatusPrefix(comparison) : comparison, true)
}

/**
 * Joins and terms of an ORDER BY over `logged_models l`: by attributes, or by the newest point of a metric; models without
 * come last, NaN before them; then the newest first, then by id. Throws `mlflow_invalid_value`.
 */
export function modelOrder(terms: readonly OrderBy[]): {
  readonly joins: RawBuilder<unknown>
  readonly by: RawBuilder<unknown>
} {
  const joins: RawBuilder<unknown>[] = []
  const by: RawBuilder<unknown>[] = []
  for (const [index, term] of terms.entries()) {
    const direction = sql.raw(term.ascending ? 'asc' : 'desc')
    const [, metric] = /^metrics\.(.+)$/s.exec(term.field_name) ?? []
    if (metric === undefined) {
      const attribute = orderAttribute(term, index)
      by.push(sql`${sql.ref(attribute.column)}${attribute.kind === 'text' ? sql` collate "C"` : sql``} ${direction}`)
      continue
    }
    const alias = `o${index}`
    const dataset = term.dataset_name
      ? datasetCondition([{ dataset_name: term.dataset_name, dataset_digest: term.dataset_digest }])
      : term.dataset_digest
        ? sql`p.dataset_digest = ${term.dataset_digest}`
        : sql`true`
    joins.push(sql`left join lateral (
      select p.value, p.is_nan from logged_model_metrics p
      where p.model_id = l.id and p.key = ${unquoted(metric)} and ${dataset}
      order by p.timestamp_ms desc, p.step desc, p.run_id limit 1
    ) ${sql.ref(alias)} on true`)
    by.push(sql`${sql.ref(`${alias}.is_nan`)} nulls last`, sql`${sql.ref(`${alias}.value`)} ${direction} nulls last`)
  }
  by.push(sql`l.created_ms desc`, sql`l.id`)
  return { joins: joins.length === 0 ? sql`` : sql.join(joins, sql` `), by: sql.join(by) }
}

const unquoted = (key: string) => /^(["`])(.*)\1$/s.exec(key)?.[2] ?? key

function orderAttribute({ field_name }: OrderBy, index: number): Attribute {
  const key = field_name.replace(/^attributes\./, '')
  const found = Object.hasOwn(attributes, key) ? attributes[key] : undefined
  if (found !== undefined) return found
  const reason = field_name.includes('.')
    ? `Invalid order by field name: ${field_name}. Only metrics are supported.`
    : `Invalid order by field name: ${field_name}`
  throw invalidValue(`order_by[${index}].field_name`, field_name, reason)
}
