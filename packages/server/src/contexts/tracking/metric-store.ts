import { FabriqueError } from '@fabrique/contract'
import { CompiledQuery } from 'kysely'
import { type Db, prepared } from '../../platform/index.js'
import { type MetricWrite, metricColumns } from './metric-columns.js'
import type { LifecycleStage } from './model.js'

const columnCount = 21
const statement = prepared(
  `select run, experiment::text as experiment_id, stage from write_metrics(${Array.from({ length: columnCount }, (_, index) => `$${index + 1}`).join(', ')})`,
)

interface RunRow {
  readonly run: string
  readonly experiment_id: string
  readonly stage: LifecycleStage
}

/** What became of the points for one run. */
export type MetricOutcome = { readonly experiment_id: string } | FabriqueError

/**
 * Writes points of any number of runs in one statement; those of runs that are not there or not active are left out. Gives the
 * outcome by run. Every writer takes the series in the same order, so two never wait for each other in a circle.
 */
export async function writeMetricColumns(
  db: Db,
  writes: readonly MetricWrite[],
): Promise<(runId: string) => MetricOutcome> {
  const { values } = metricColumns(writes)
  const { rows } = await db.executeQuery<RunRow>(CompiledQuery.raw(statement, [...values]))
  const found = new Map(rows.map((row) => [row.run, row]))
  return (runId) => {
    const row = found.get(runId)
    if (row === undefined) return new FabriqueError('run_not_found', { run: runId })
    if (row.stage !== 'active') return new FabriqueError('run_not_active', { run: runId })
    return { experiment_id: row.experiment_id }
  }
}
