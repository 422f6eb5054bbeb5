import { type RawBuilder, sql } from 'kysely'
import { readVerb } from '../../platform/index.js'
import { type Comparison, offsetOf, pageOfRows, parseFilter, parseOrderBy } from '../../platform/mlflow/index.js'
import { selectExperiments } from './experiment-store.js'
import type { Experiment } from './model.js'
import { SearchExperiments } from './schema.js'
import { checkedPageSize } from './search-runs.js'
import {
  type Condition,
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

/** Experiments by a filter on name, times and tags, newest first unless `order_by` says otherwise. */
export const searchExperiments = readVerb({
  name: 'tracking.search_experiments',
  permission: 'runs.read',
  input: SearchExperiments,
  async run({ ctx, input }): Promise<ExperimentPage> {
    const size = checkedPageSize(input.max_results, experimentsPageMax)
    const offset = offsetOf(input.page_token)
    const conditions = [
      stageCondition(sql.ref('e.lifecycle_stage'), input.view_type),
      ...parseFilter(input.filter).map(experimentCondition),
    ]
    const experiments = await selectExperiments(
      ctx,
      sql`where ${sql.join(conditions, sql` and `)} order by ${experimentOrder(input.order_by)} limit ${size + 1} offset ${offset}`,
    )
    const { page, nextPageToken } = pageOfRows(experiments, { offset, size })
    return nextPageToken === undefined ? { experiments: page } : { experiments: page, next_page_token: nextPageToken }
  },
})

const attributeNames = ['name', 'creation_time', 'last_update_time']
const attributeEntities = new Set([undefined, 'attribute', 'attributes', 'attr'])

function experimentCondition(comparison: Comparison): Condition {
  const { column } = comparison
  if (column.entity === 'tag' || column.entity === 'tags') {
    const from = sql`experiment_tags kv where kv.experiment_id = e.id`
    return keyedCondition({ from, key: column.key }, comparison, (value, one) => textCondition(value, one, false))
  }
  if (attributeEntities.has(column.entity)) {
    if (column.key === 'name') return textCondition(sql.ref('e.name'), comparison, false)
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

function experimentOrder(orderBy: readonly string[]): RawBuilder<unknown> {
  const terms = parseOrderBy(orderBy.length === 0 ? ['creation_time DESC'] : orderBy)
  const by = terms.map(({ column, descending }) => {
    const known = attributeEntities.has(column.entity) && Object.hasOwn(orderColumns, column.key)
    const ref = known ? orderColumns[column.key] : undefined
    if (ref === undefined) throw unknownColumn(column, Object.keys(orderColumns))
    return descending ? sql`${ref} desc` : sql`${ref}`
  })
  return sql.join([...by, sql`e.id desc`])
}
