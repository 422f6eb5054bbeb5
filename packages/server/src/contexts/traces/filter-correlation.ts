import { sql } from 'kysely'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { type FilterCondition, parseCondition } from '../../platform/mlflow/index.js'
import { Text } from './schema.js'
import { inExperiments, withFilterErrors } from './search-traces.js'
import { traceCondition } from './trace-columns.js'

export interface FilterCorrelation {
  /** Normalised pointwise mutual information, -1 to 1; NaN where it is not defined. */
  readonly npmi: number
  /** The same with half a trace added to each cell, for small counts. */
  readonly npmi_smoothed: number
  readonly filter1_count: number
  readonly filter2_count: number
  readonly joint_count: number
  readonly total_count: number
}

/** How much more often two filters hold together than by chance. Throws `filter_invalid`. */
export const correlateFilters = readVerb({
  name: 'traces.correlate_filters',
  permission: 'traces.read',
  input: z.object({ experiment_ids: z.array(Text), filter1: Text, filter2: Text, base_filter: Text.default('') }),
  async run({ ctx, input }): Promise<FilterCorrelation> {
    const holds = (condition: FilterCondition | undefined) => sql`coalesce(${traceCondition(condition)}, false)`
    const { rows } = await withFilterErrors(() =>
      sql<{ total: number; first: number; second: number; joint: number }>`
        select count(*) as total, count(*) filter (where f.one) as first, count(*) filter (where f.two) as second,
          count(*) filter (where f.one and f.two) as joint
        from (
          select ${holds(parseCondition(input.filter1))} as one, ${holds(parseCondition(input.filter2))} as two
          from traces t where ${inExperiments(input.experiment_ids)} and ${traceCondition(parseCondition(input.base_filter))}
        ) f
      `.execute(ctx.db),
    )
    const { total = 0, first = 0, second = 0, joint = 0 } = rows[0] ?? {}
    return {
      npmi: joint === 0 && first > 0 && second > 0 ? -1 : npmi({ total, first, second, joint }, 0),
      npmi_smoothed: npmi({ total, first, second, joint }, 0.5),
      filter1_count: first,
      filter2_count: second,
      joint_count: joint,
      total_count: total,
    }
  },
})

interface Counts {
  readonly total: number
  readonly first: number
  readonly second: number
  readonly joint: number
}

/** NPMI = ln(p(xy) / (p(x) p(y))) / -ln p(xy), with `added` traces in each of the four cells. */
export function npmi({ total, first, second, joint }: Counts, added: number): number {
  if (total === 0 || first === 0 || second === 0) return Number.NaN
  if (joint === total) return 1
  const all = total + 4 * added
  const both = (joint + added) / all
  if (both <= 0) return Number.NaN
  const one = (first + 2 * added) / all
  const two = (second + 2 * added) / all
  const value = Math.log(both / (one * two)) / -Math.log(both)
  return Math.max(-1, Math.min(1, value))
}
