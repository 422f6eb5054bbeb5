import type { MonitorDefinition, ReportSide, Snapshot } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import { predictionLogSource, useSnapshot } from '../../datasets/index.js'
import { type Side, tableSide } from '../drift/side.js'
import { type OpenedSide, pick } from './opened-side.js'

interface Opening {
  readonly definition: MonitorDefinition
  readonly what: 'snapshot' | 'training'
  readonly told?: Pick<ReportSide, 'model' | 'version' | 'run_id'>
  /** Columns by name where it is not the definition that says. */
  readonly target?: string | undefined
}

/** Runs work on a snapshot as one side. Throws `invalid_request` for one that holds files. */
export async function withSnapshotSide<Result>(
  ctx: VerbContext,
  snapshot: Snapshot,
  { definition, what, told = {}, target = definition.target }: Opening,
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
    return work({
      told: {
        what,
        rows: snapshot.row_count,
        project: snapshot.project,
        dataset: snapshot.dataset,
        snapshot_id: snapshot.id,
        // What was asked of a model is seen by those only who may use it.
        ...(snapshot.source.kind === predictionLogSource ? { model: snapshot.source.location } : {}),
        ...told,
      },
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

const prefix = 'probability_'

/** Columns of probabilities as the log and batches name them, by class. */
export function probabilitiesIn(columns: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const found = [...columns].filter(([asked]) => asked.startsWith(prefix))
  return new Map(found.map(([asked, name]) => [asked.slice(prefix.length), name]))
}
