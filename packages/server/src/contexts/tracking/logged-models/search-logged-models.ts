import { sql } from 'kysely'
import { limit } from '../../../kernel/index.js'
import { readVerb } from '../../../platform/index.js'
import { invalidValue, parseCondition } from '../../../platform/mlflow/index.js'
import { checkedExperimentId } from '../checks.js'
import { type Condition, conditionOf } from '../search-sql.js'
import type { LoggedModel } from './model.js'
import { searchOffsetOf, searchTokenOf } from './page-token.js'
import { SearchLoggedModels } from './schema.js'
import { datasetCondition, modelCondition, modelOrder } from './search-columns.js'
import { selectLoggedModels } from './store.js'

export interface LoggedModelPage {
  readonly models: readonly LoggedModel[]
  readonly next_page_token?: string
}

/**
 * Logged models of some experiments that are not deleted, newest first unless `order_by` says otherwise. The filter may have
 * OR, NOT and parentheses, which MLflow does not know. A page token is good for the same experiments, filter and order only. Throws `filter_invalid`, `mlflow_invalid_value`.
 */
export const searchLoggedModels = readVerb({
  name: 'tracking.search_logged_models',
  permission: 'runs.read',
  input: SearchLoggedModels,
  async run({ ctx, input }): Promise<LoggedModelPage> {
    const size = input.max_results
    const sizeMax = limit('mlflow.logged_models_page_max')
    if (size < 1 || size > sizeMax) throw invalidValue('max_results', size, `it must be from 1 to ${sizeMax}`)
    const offset = searchOffsetOf(input)
    const ids = input.experiment_ids.map((id, index) => checkedExperimentId(id, `experiment_ids[${index}]`))
    const { joins, by } = modelOrder(input.order_by)
    const models = await selectLoggedModels(
      ctx,
      sql`select found.*, row_number() over () as position from (
        select l.* from logged_models l ${joins}
        where ${inExperiments(ids)} and l.lifecycle_stage = 'active' and ${modelFilter(input)}
        order by ${by} limit ${size + 1} offset ${offset}
      ) found`,
    )
    if (models.length <= size) return { models }
    return { models: models.slice(0, size), next_page_token: searchTokenOf(input, offset + size) }
  },
})

/** Of one experiment the index gives the newest in order. */
function inExperiments(ids: readonly string[]): Condition {
  return ids.length === 1 ? sql`l.experiment_id = ${ids[0]}::bigint` : sql`l.experiment_id = any(${[...ids]}::bigint[])`
}

/** The filter; data sets narrow its comparisons of metrics, or the search itself where it has none. */
function modelFilter({ filter, datasets }: SearchLoggedModels): Condition {
  const parsed = parseCondition(filter)
  let looksAtMetrics = false
  const given =
    parsed === undefined
      ? sql<boolean>`true`
      : conditionOf(parsed, (comparison) => {
          looksAtMetrics ||= comparison.column.entity === 'metrics'
          return modelCondition(comparison, datasets)
        })
  if (datasets.length === 0 || looksAtMetrics) return given
  return sql`(${given} and exists (
    select from logged_model_metrics p where p.model_id = l.id and ${datasetCondition(datasets)}
  ))`
}
