import { type RawBuilder, sql } from 'kysely'
import { readVerb } from '../../platform/index.js'
import {
  type Comparison,
  filterError,
  offsetOf,
  pageOfRows,
  parseCondition,
  parseOrderBy,
} from '../../platform/mlflow/index.js'
import { selectExperiments } from './experiment-store.js'
import type { Experiment } from './model.js'
import { SearchExperiments } from './schema.js'
import { checkedPageSize } from './search-runs.js'
import {
  type Condition,
  conditionOf,
  keyedCondition,
  numberCondition,
  stageCondition,
  textCondition,
  unknownColumn,
} from './search-sql.js'

const experimentsPageMax = 50_000

export interface ExperimentPage {
  readonly experiments: readonly Experiment[]
  readonly next_page_token?: string
}

/**
 * Experiments by a filter on name, id, times and tags, newest first unless `order_by` says otherwise.
 * Throws `filter_invalid`, `page_token_invalid`, `mlflow_invalid_value`.
 */
export const searchExperiments = readVerb({
  name: 'tracking.search_experiments',
  permission: 'runs.read',
  input: SearchExperiments,
  async run({ ctx, input }): Promise<ExperimentPage> {
    const size = checkedPageSize(input.max_results, experimentsPageMax)
    const offset = offsetOf(input.page_token)
    const filter = parseCondition(input.filter)
    const conditions = [
      stageCondition(sql.ref('e.lifecycle_stage'), input.view_type),
      ...(filter === undefined ? [] : [conditionOf(filter, experimentCondition)]),
    ]
    const experiments = await selectExperiments(
      ctx,
      sql`where ${sql.join(conditions, sql` and `)} order by ${experimentOrder(input.order_by)} limit ${size + 1} offset ${offset}`,
    )
    const { page, nextPageToken } = pageOfRows(experiments, { offset, size })
    return nextPageToken === undefined ? { experiments: page } : { experiments: page, next_page_token: nextPageToken }
  },
})

const attributeNames = ['name', 'experiment_id', 'creation_time', 'last_update_time']
const attributeEntities = new Set([undefined, 'attribute', 'attributes', 'attr'])

function experimentCondition(comparison: Comparison): Condition {
  const { column } = comparison
  if (column.aggregate !== undefined) throw filterError(comparison.text, 'experiments have no metrics')
  if (column.entity === 'tag' || column.entity === 'tags') {
    const from = sql`experiment_tags kv where kv.experiment_id = e.id`
    return keyedCondition({ from, key: column.key }, comparison, (value, one) => textCondition(value, one, false))
  }
  if (attributeEntities.has(column.entity)) {
    if (column.key === 'name') return textCondition(sql.ref('e.name'), comparison, false)
    if (column.key === 'experiment_id') return textCondition(sql`e.id::text`, comparison, true)
    if (column.key === 'creation_time') return numberCondition(sql.ref('e.created_ms'), comparison)
    if (column.key === 'last_update_time') return numberCondition(sql.ref('e.updated_ms'), comparison)
  }
  throw unknownColumn(column, [...attributeNames, 'tags.<key>'])
}

const orderColumns: Readonly<Record<string, RawBuilder<unknown>>> = {
  name: sql`e.name collate "C"`,
  experiment_id: sql`e.id`,
  creation_time: sql`e.created_ms`,
  last_update_time: sql`e.updated_ms`,
}

/** As upstream: the newest first and by id where nothing is asked, else by descending id where all else is equal. */
function experimentOrder(orderBy: readonly string[]): RawBuilder<unknown> {
  if (orderBy.length === 0) return sql`e.created_ms desc, e.id`
  const by = parseOrderBy(orderBy).map(({ column, descending }) => {
    const known = attributeEntities.has(column.entity) && Object.hasOwn(orderColumns, column.key)
    const ref = known ? orderColumns[column.key] : undefined
    if (ref === undefined) throw unknownColumn(column, Object.keys(orderColumns))
    return descending ? sql`${ref} desc` : sql`${ref}`
  })
  return sql.join([...by, sql`e.id desc`])
}
