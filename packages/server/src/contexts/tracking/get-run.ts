import type { LatestMetric } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import type { Run, WireDouble } from './model.js'
import { selectRun, wireValue } from './run-store.js'
import { RunId } from './schema.js'

/** A run with its parameters, newest metrics, tags and data sets; a deleted one too. Throws `run_not_found`. */
export const getRun = readVerb({
  name: 'tracking.get_run',
  permission: 'runs.read',
  input: RunId,
  run: ({ ctx, input }): Promise<Run> => selectRun(ctx, input.run_id),
})

type Latest = z.output<typeof LatestMetric>

interface LatestRow {
  readonly key: string
  readonly value: WireDouble
  readonly step: number
  readonly timestamp_ms: number
  readonly count: number
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
}

function toLatest({ key, min, max, mean, ...point }: LatestRow): readonly [string, Latest] {
  return [key, min === null || max === null || mean === null ? point : { ...point, min, max, mean }]
}

/** The newest point of each metric of some runs, by run and key. Runs that do not exist are left out. */
export const latestMetricsOf = readVerb({
  name: 'tracking.latest_metrics_of',
  permission: 'runs.read',
  input: z.object({ run_ids: z.array(z.string()) }),
  async run({ ctx, input }): Promise<ReadonlyMap<string, Record<string, Latest>>> {
    const found = new Map<string, Record<string, Latest>>()
    if (input.run_ids.length === 0) return found
    const { rows } = await sql<{ run_id: string; metrics: readonly LatestRow[] }>`
      select run_id, json_agg(json_build_object('key', key, 'value', ${wireValue}, 'step', last_step, 'timestamp_ms', last_ms,
        'count', point_count, 'min', min_value, 'max', max_value, 'mean', mean_of(sum_value, point_count - nan_count)) order by key) as metrics
      from metric_series where run_id = any(${input.run_ids}::text[]) group by run_id
    `.execute(ctx.db)
    for (const { run_id, metrics } of rows) found.set(run_id, Object.fromEntries(metrics.map(toLatest)))
    return found
  },
})
