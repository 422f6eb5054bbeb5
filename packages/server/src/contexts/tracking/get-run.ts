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

/** The newest point of each metric of some runs, by run and key. Runs that do not exist are left out. */
export const latestMetricsOf = readVerb({
  name: 'tracking.latest_metrics_of',
  permission: 'runs.read',
  input: z.object({ run_ids: z.array(z.string()) }),
  async run({ ctx, input }): Promise<ReadonlyMap<string, Record<string, Latest>>> {
    const found = new Map<string, Record<string, Latest>>()
    if (input.run_ids.length === 0) return found
    const { rows } = await sql<{ run_id: string; metrics: readonly [string, WireDouble, number, number][] }>`
      select run_id, json_agg(json_build_array(key, ${wireValue}, step, timestamp_ms) order by key) as metrics
      from latest_metrics where run_id = any(${input.run_ids}::text[]) group by run_id
    `.execute(ctx.db)
    for (const { run_id, metrics } of rows) {
      const latest = metrics.map(([key, value, step, timestamp_ms]) => [key, { value, step, timestamp_ms }] as const)
      found.set(run_id, Object.fromEntries(latest))
    }
    return found
  },
})
