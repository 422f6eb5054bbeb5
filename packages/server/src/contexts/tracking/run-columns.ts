import { type RawBuilder, sql } from 'kysely'
import { type Comparison, type FilterAggregate, type FilterColumn, filterError } from '../../platform/mlflow/index.js'
import { datasetContextTag } from './model.js'
import {
  type Condition,
  indexedTextCondition,
  keyedCondition,
  numberCondition,
  textCondition,
  unknownColumn,
} from './search-sql.js'

/** What a column of the search language is for `runs r`. */
export type RunColumn =
  | { readonly kind: 'metric'; readonly key: string; readonly figure: FilterAggregate }
  | { readonly kind: 'param' | 'tag' | 'dataset'; readonly key: string }
  | { readonly kind: 'attribute'; readonly attribute: Attribute }

export interface Attribute {
  readonly column: string
  readonly type: 'text' | 'bigint'
  readonly nullable?: true
}

const entities: Readonly<Record<string, RunColumn['kind']>> = {
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

const attributes: Readonly<Record<string, Attribute>> = {
  run_id: { column: 'r.id', type: 'text' },
  run_name: { column: 'r.name', type: 'text' },
  'run name': { column: 'r.name', type: 'text' },
  'Run name': { column: 'r.name', type: 'text' },
  'Run Name': { column: 'r.name', type: 'text' },
  user_id: { column: 'r.user_id', type: 'text' },
  status: { column: 'r.status', type: 'text' },
  artifact_uri: { column: 'r.artifact_uri', type: 'text' },
  start_time: { column: 'r.start_ms', type: 'bigint' },
  created: { column: 'r.start_ms', type: 'bigint' },
  Created: { column: 'r.start_ms', type: 'bigint' },
  end_time: { column: 'r.end_ms', type: 'bigint', nullable: true },
  duration: { column: 'duration', type: 'bigint', nullable: true },
}

/** The value of an attribute, from the row `runs r`. */
export function attributeRef({ column }: Attribute): RawBuilder<unknown> {
  // A run that goes on has no duration yet.
  return column === 'duration' ? sql`(r.end_ms - r.start_ms)` : sql.ref(column)
}

function kindOf({ entity, key }: FilterColumn): RunColumn['kind'] {
  if (entity === undefined) return 'attribute'
  const known = Object.hasOwn(entities, entity) ? entities[entity] : undefined
  if (known !== undefined) return known
  throw filterError(
    `${entity}.${key}`,
    `Invalid entity type '${entity}'. Valid values are metric, parameter, tag, attribute, dataset`,
  )
}

/** What a column means. Throws `filter_invalid` for one that runs do not have. */
export function runColumnOf(column: FilterColumn): RunColumn {
  const kind = kindOf(column)
  if (kind === 'metric') return { kind, key: column.key, figure: column.aggregate ?? 'last' }
  if (column.aggregate !== undefined) {
    throw filterError(column.key, `${column.aggregate}(…) is for metrics, as ${column.aggregate}(metrics.accuracy)`)
  }
  if (kind !== 'attribute') return { kind, key: column.key }
  const attribute = Object.hasOwn(attributes, column.key) ? attributes[column.key] : undefined
  if (attribute === undefined) throw unknownColumn(column, Object.keys(attributes))
  return { kind, attribute }
}

/** A figure of a metric, of the row `alias` of `metric_series`. Null where every point is NaN, but for `last` and `count`. */
export function figureOf(alias: string, figure: FilterAggregate): RawBuilder<unknown> {
  const ref = (column: string) => sql.ref(`${alias}.${column}`)
  switch (figure) {
    case 'last':
      return ref('last_value')
    case 'count':
      return ref('point_count')
    case 'min':
      return ref('min_value')
    case 'max':
      return ref('max_value')
    case 'mean':
      return sql`mean_of(${ref('sum_value')}, ${ref('point_count')} - ${ref('nan_count')})`
  }
}

/** What a comparison means for `runs r`. Throws `filter_invalid`. */
export function runCondition(comparison: Comparison): Condition {
  const column = runColumnOf(comparison.column)
  switch (column.kind) {
    case 'metric':
      return metricCondition(column, comparison)
    case 'param':
      return keyedCondition(valuesOf('params', column.key), comparison, indexedTextCondition)
    case 'tag':
      return keyedCondition(valuesOf('run_tags', column.key), comparison, indexedTextCondition)
    case 'dataset':
      return datasetCondition(comparison)
    case 'attribute':
      return attributeCondition(column.attribute, comparison)
  }
}

function valuesOf(table: 'params' | 'run_tags', key: string) {
  return { from: sql`${sql.table(table)} kv where kv.run_id = r.id`, key }
}

function metricCondition(column: Extract<RunColumn, { kind: 'metric' }>, comparison: Comparison): Condition {
  const figure = figureOf('kv', column.figure)
  // The experiment is the same anyhow; with it the index by value can answer.
  const found = (more: Condition): Condition => sql`exists (select from metric_series kv
    where kv.run_id = r.id and kv.experiment_id = r.experiment_id and kv.key = ${column.key} and ${more})`
  if (comparison.operator === 'IS NOT NULL') return found(sql`${figure} is not null`)
  if (comparison.operator === 'IS NULL') return sql`not ${found(sql`${figure} is not null`)}`
  return found(newestCondition(column.figure, numberCondition(figure, comparison), comparison))
}

/** A newest value that is NaN is different from every number, and else compares with none; 0 stands for it in the table. */
function newestCondition(figure: FilterAggregate, condition: Condition, { operator }: Comparison): Condition {
  if (figure !== 'last') return condition
  return operator === '!=' ? sql`(kv.last_is_nan or ${condition})` : sql`not kv.last_is_nan and ${condition}`
}

function attributeCondition(attribute: Attribute, comparison: Comparison): Condition {
  const { type, nullable } = attribute
  const ref = attributeRef(attribute)
  if (comparison.operator === 'IS NULL') return sql`${ref} is null`
  if (comparison.operator === 'IS NOT NULL') return sql`${ref} is not null`
  const condition = type === 'text' ? textCondition(ref, comparison, true) : numberCondition(ref, comparison)
  return nullable === true ? sql`(${ref} is not null and ${condition})` : condition
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
