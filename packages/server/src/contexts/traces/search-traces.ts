import { sql } from 'kysely'
import pg from 'pg'
import { limit } from '../../kernel/index.js'
import { readVerb } from '../../platform/index.js'
import { filterError, offsetOf, pageOfRows, parseCondition, parseOrderBy } from '../../platform/mlflow/index.js'
import { checkedExperimentId, checkedPageSize } from './checks.js'
import type { TraceInfo } from './model.js'
import { SearchTraces } from './schema.js'
import { traceCondition, traceOrder } from './trace-columns.js'
import type { Condition } from './trace-sql.js'
import { selectTraces } from './trace-store.js'

export interface TracePage {
  readonly traces: readonly TraceInfo[]
  readonly next_page_token?: string
}

const invalidRegularExpression = '2201B'

/** Which experiments a search looks at. One alone is compared by `=`, so that an index gives its order. */
export function inExperiments(ids: readonly string[]): Condition {
  const checked = ids.map((id, index) => checkedExperimentId(id, `experiment_ids[${index}]`))
  return checked.length === 1
    ? sql`t.experiment_id = ${checked[0]}::bigint`
    : sql`t.experiment_id = any(${checked}::bigint[])`
}

/** What a regular expression of a filter does wrong, only the database knows. */
export async function withFilterErrors<Result>(search: () => Promise<Result>): Promise<Result> {
  try {
    return await search()
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === invalidRegularExpression) {
      throw filterError('RLIKE', error.message)
    }
    throw error
  }
}

/**
 * Traces of some experiments by the filter language of MLflow (and OR, NOT, parentheses), newest first unless `order_by`
 * says otherwise. Spans are not read. Throws `filter_invalid`, `page_token_invalid`.
 */
export const searchTraces = readVerb({
  name: 'traces.search_traces',
  permission: 'traces.read',
  input: SearchTraces,
  async run({ ctx, input }): Promise<TracePage> {
    const size = checkedPageSize(input.max_results, limit('traces.page_max'))
    const offset = offsetOf(input.page_token)
    const condition = sql`${inExperiments(input.experiment_ids)} and ${traceCondition(parseCondition(input.filter))}`
    const order = traceOrder(parseOrderBy(input.order_by))
    const traces = await withFilterErrors(() =>
      selectTraces(
        ctx,
        sql`select found.*, row_number() over () as position from (
          select t.* from traces t where ${condition} order by ${order} limit ${size + 1} offset ${offset}
        ) found`,
      ),
    )
    const { page, nextPageToken } = pageOfRows(traces, { offset, size })
    return nextPageToken === undefined ? { traces: page } : { traces: page, next_page_token: nextPageToken }
  },
})
