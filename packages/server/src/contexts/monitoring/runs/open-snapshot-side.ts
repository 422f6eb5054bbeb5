import type { MonitorDefinition, ReportSide, Snapshot } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import { predictionLogSource, useSnapshot } from '../../datasets/index.js'
import { loggedColumns } from '../../predictions/index.js'
import { type Side, tableSide } from '../drift/side.js'
import { predictionsBehind, sideOfLog } from './log-side.js'
import { type OpenedSide, pick } from './opened-side.js'
import { probabilitiesIn } from './probabilities-in.js'

interface Opening {
  readonly definition: MonitorDefinition
  readonly what: 'snapshot' | 'training'
  readonly told?: Pick<ReportSide, 'model' | 'version' | 'run_id'>
  /** Columns by name where it is not the definition that says. */
  readonly target?: string | undefined
  /** Beside predictions: a snapshot of the log is one of predictions too, whose inputs may stand under other names. */
  readonly besidePredictions?: boolean
}

/** Runs work on a snapshot as one side. Throws `invalid_request` for one that holds files. */
export async function withSnapshotSide<Result>(
  ctx: VerbContext,
  snapshot: Snapshot,
  { definition, what, told: more = {}, target = definition.target, besidePredictions = false }: Opening,
  work: (side: OpenedSide) => Promise<Result>,
): Promise<Result> {
  if (snapshot.kind !== 'table') {
    throw new FabriqueError(
      'invalid_request',
      {
        field: 'snapshot',
        reason: `${snapshot.id} holds files, not rows`,
        reason_fr: `${snapshot.id} contient des fichiers, pas des lignes`,
      },
      { field: 'snapshot' },
    )
  }
  return useSnapshot(ctx, snapshot, async (connection, table) => {
    await connection.run("set TimeZone = 'UTC'")
    const whole = await tableSide(connection, { table, rowCount: snapshot.row_count })
    const { prediction } = definition
    const isScored = [prediction, target].every((name) => name !== undefined && whole.columns.has(name))
    const told: ReportSide = {
      what,
      rows: snapshot.row_count,
      project: snapshot.project,
      dataset: snapshot.dataset,
      snapshot_id: snapshot.id,
      // What was asked of a model is seen by those only who may use it.
      ...(snapshot.source.kind === predictionLogSource ? { model: snapshot.source.location } : {}),
      ...more,
    }
    if (besidePredictions && snapshot.source.kind === predictionLogSource) {
      const known = await loggedColumns(ctx, snapshot.source.location)
      const columns = known.filter(({ name }) => whole.columns.has(name))
      const standsFor = await predictionsBehind({ connection, table, whole })
      // Of files that were forgotten nothing is known of the columns: the rows are those of any snapshot.
      if (columns.length > 0)
        return work(
          sideOfLog(
            { columns, whole, table, connection },
            { ...told, ...(standsFor === undefined ? {} : { stands_for: standsFor }) },
          ),
        )
    }
    return work({
      told,
      features: without(whole, [prediction, target]),
      prediction: pick(whole, prediction),
      target: pick(whole, target),
      rows: { connection, table },
      ...(isScored
        ? {
            scored: {
              connection,
              table,
              prediction: prediction ?? '',
              truth: target ?? '',
              probabilities: probabilitiesIn(new Map([...whole.columns.keys()].map((name) => [name, name]))),
            },
          }
        : {}),
    })
  })
}

/** A side without some of its columns. */
export function without(side: Side, names: readonly (string | undefined)[]): Side {
  const left = new Set(names)
  return { ...side, columns: new Map([...side.columns].filter(([name]) => !left.has(name))) }
}
