import { type RawBuilder, sql } from 'kysely'
import { type Comparison, type FilterColumn, filterError, type OrderTerm } from '../../platform/mlflow/index.js'
import { datasetContextTag } from './model.js'
import { type Condition, keyedCondition, numberCondition, textCondition, unknownColumn } from './search-sql.js'

type Entity = 'metric' | 'param' | 'tag' | 'attribute' | 'dataset'

const entities: Readonly<Record<string, Entity>> = {
  metric: 'metric',
  metrics: 'metric',
  param: 'param',
  params: 'param',
  parameter: 'param',
  parameters: 'param',
  tag: 'tag',
  tags: 'tag',
  attr: 'attribute',
  attribute: 'attribute',
  attributes: 'attribute',
  run: 'attribute',
  dataset: 'dataset',
  datasets: 'dataset',
}

interface Attribute {
  readonly column: string
  readonly kind: 'text' | 'number'
}

const attributes: Readonly<Record<string, Attribute>> = {
  run_id: { column: 'r.id', kind: 'text' },
  run_name: { column: 'r.name', kind: 'text' },
  'run name': { column: 'r.name', kind: 'text' },
  'Run name': { column: 'r.name', kind: 'text' },
  'Run Name': { column: 'r.name', kind: 'text' },
  user_id: { column: 'r.user_id', kind: 'text' },
  status: { column: 'r.status', kind: 'text' },
  artifact_uri: { column: 'r.artifact_uri', kind: 'text' },
  start_time: { column: 'r.start_ms', kind: 'number' },
  created: { column: 'r.start_ms', kind: 'number' },
  Created: { column: 'r.start_ms', kind: 'number' },
  end_time: { column: 'r.end_ms', kind: 'number' },
}

function entityOf({ entity, key }: FilterColumn): Entity {
  if (entity === undefined) return 'attribute'
  const known = Object.hasOwn(entities, entity) ? entities[entity] : undefined
  if (known !== undefined) return known
  throw filterError(
    `${entity}.${key}`,
    `Invalid entity type '${entity}'. Valid values are metric, parameter, tag, attribute, dataset`,
  )
}

function attributeOf(column: FilterColumn): Attribute {
  const found = Object.hasOwn(attributes, column.key) ? attributes[column.key] : undefined
  if (found === undefined) throw unknownColumn(column, Object.keys(attributes))
  return found
}

/** What a comparison means for `runs r`. Throws `filter_invalid`. */
export function runCondition(comparison: Comparison): Condition {
  const { column, operator, text } = comparison
  switch (entityOf(column)) {
    case 'metric':
      if (operator.startsWith('IS')) throw filterError(text, `Invalid comparator '${operator}' for a metric`)
      return keyedCondition(valuesOf('latest_metrics', column.key), comparison, numberCondition)
    case 'param':
      return keyedCondition(valuesOf('params', column.key), comparison, plainText)
    case 'tag':
      return keyedCondition(valuesOf('run_tags', column.key), comparison, plainText)
    case 'dataset':
      return datasetCondition(comparison)
    case 'attribute': {
      const attribute = attributeOf(column)
      const ref = sql.ref(attribute.column)
      return attribute.kind === 'number'
        ? numberCondition(ref, comparison)
        : textCondition(ref, comparison, attribute.column === 'r.id')
    }
  }
}

const plainText = (column: RawBuilder<unknown>, comparison: Comparison) => textCondition(column, comparison, false)

function valuesOf(table: 'latest_metrics' | 'params' | 'run_tags', key: string) {
  return { from: sql`${sql.table(table)} kv where kv.run_id = r.id`, key }
}

function datasetCondition(comparison: Comparison): Condition {
  const { key } = comparison.column
  const column =
    key === 'context'
      ? sql`i.tags ->> ${datasetContextTag}::text`
      : key === 'name' || key === 'digest'
        ? sql.ref(`d.${key}`)
        : undefined
  if (column === undefined)
    throw unknownColumn(comparison.column, ['dataset.name', 'dataset.digest', 'dataset.context'])
  const condition = textCondition(column, comparison, true)
  return sql`exists (
    select from run_inputs i join tracked_datasets d on d.id = i.dataset_id where i.run_id = r.id and ${condition}
  )`
}

/** Joins and terms of an ORDER BY over `runs r`: absent values last, NaN before them, then newest first and by id. */
export function runOrder(terms: readonly OrderTerm[]): {
  readonly joins: RawBuilder<unknown>
  readonly by: RawBuilder<unknown>
} {
  const joins: RawBuilder<unknown>[] = []
  const by: RawBuilder<unknown>[] = []
  for (const [index, { column, descending, text }] of terms.entries()) {
    const direction = sql.raw(descending ? 'desc' : 'asc')
    const entity = entityOf(column)
    if (entity === 'dataset') throw filterError(text, 'runs cannot be ordered by a data set')
    if (entity === 'attribute') {
      const { column: name, kind } = attributeOf(column)
      by.push(sql`${sql.ref(name)}${bytewise(kind)} ${direction} nulls last`)
      continue
    }
    const table = entity === 'metric' ? 'latest_metrics' : entity === 'param' ? 'params' : 'run_tags'
    const alias = `o${index}`
    joins.push(sql`left join ${sql.table(table)} ${sql.ref(alias)}
      on ${sql.ref(`${alias}.run_id`)} = r.id and ${sql.ref(`${alias}.key`)} = ${column.key}`)
    if (entity === 'metric') by.push(sql`${sql.ref(`${alias}.is_nan`)} nulls last`)
    by.push(
      sql`${sql.ref(`${alias}.value`)}${bytewise(entity === 'metric' ? 'number' : 'text')} ${direction} nulls last`,
    )
  }
  by.push(sql`r.start_ms desc`, sql`r.id`)
  return { joins: joins.length === 0 ? sql`` : sql.join(joins, sql` `), by: sql.join(by) }
}

/** Texts are ordered the same on every server, whatever its locale. */
const bytewise = (kind: Attribute['kind']) => (kind === 'text' ? sql` collate "C"` : sql``)
