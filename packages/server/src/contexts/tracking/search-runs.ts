import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { readVerb } from '../../platform/index.js'
import { invalidValue, offsetOf, pageOfRows, parseFilter, parseOrderBy } from '../../platform/mlflow/index.js'
import { checkedExperimentId } from './checks.js'
import type { Run } from './model.js'
import { runCondition, runOrder } from './run-columns.js'
import { selectRuns } from './run-store.js'
import { SearchRuns } from './schema.js'
import { stageCondition } from './search-sql.js'

export interface RunPage {
  readonly runs: readonly Run[]
  readonly next_page_token?: string
}

/**
 * Runs of some experiments by the filter language of MLflow, newest first unless `order_by` says otherwise.
 * Throws `filter_invalid`, `page_token_invalid`.
 */
export const searchRuns = readVerb({
  name: 'tracking.search_runs',
  permission: 'runs.read',
  input: SearchRuns,
  async run({ ctx, input }): Promise<RunPage> {
    const size = checkedPageSize(input.max_results, limit('mlflow.runs_page_max'))
    const offset = offsetOf(input.page_token)
    const ids = input.experiment_ids.map((id, index) => checkedExperimentId(id, `experiment_ids[${index}]`))
    const { joins, by } = runOrder(parseOrderBy(input.order_by))
    const conditions = [
      sql`r.experiment_id = any(${ids}::bigint[])`,
      stageCondition(sql.ref('r.lifecycle_stage'), input.run_view_type),
      ...parseFilter(input.filter).map(runCondition),
    ]
    const runs = await selectRuns(
      ctx,
      sql`select found.*, row_number() over () as position from (
        select r.* from runs r ${joins} where ${sql.join(conditions, sql` and `)} order by ${by} limit ${size + 1} offset ${offset}
      ) found`,
    )
    const { page, nextPageToken } = pageOfRows(runs, { offset, size })
    return nextPageToken === undefined ? { runs: page } : { runs: page, next_page_token: nextPageToken }
  },
})

/** Throws `mlflow_invalid_value`. */
export function checkedPageSize(size: number, max: number): number {
  if (size >= 1 && size <= max) return size
  throw invalidValue(
    'max_results',
    size,
    `Invalid value for request parameter max_results: it must be from 1 to ${max}`,
  )
}
