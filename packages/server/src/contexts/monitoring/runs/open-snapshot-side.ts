import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { MonitorDefinition, ReportSide, Snapshot } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import type { VerbContext } from '../../../platform/index.js'
import { formOf, predictionLogSource, useSnapshot } from '../../datasets/index.js'
import { loggedColumns } from '../../predictions/index.js'
import { type Side, tableSide } from '../drift/side.js'
import { predictionsBehind, sideOfLog } from './log-side.js'
import { bounded, type OpenedSide, pick } from './opened-side.js'
import { probabilitiesIn } from './probabilities-in.js'
import { writePictures } from './write-pictures.js'

interface Opening {
  readonly definition: MonitorDefinition
  readonly what: 'snapshot' | 'training'
  readonly told?: Pick<ReportSide, 'model' | 'version' | 'run_id'>
  /** Columns by name where it is not the definition that says. */
  readonly target?: string | undefined
  /** Beside predictions: a snapshot of the log is one of predictions too, whose inputs may stand under other names. */
  readonly besidePredictions?: boolean
}

/** Runs work on a snapshot as one side: its rows, or figures of its pictures. Throws `invalid_request` for one that holds other files. */
export async function withSnapshotSide<Result>(
  ctx: VerbContext,
  snapshot: Snapshot,
  { definition, what, told: more = {}, target = definition.target, besidePredictions = false }: Opening,
  work: (side: OpenedSide) => Promise<Result>,
): Promise<Result> {
  if (snapshot.kind !== 'table') return withPictures(ctx, snapshot, { what, more }, work)
  return useSnapshot(ctx, snapshot, async (connection, table) => {
    await connection.run("set TimeZone = 'UTC'")
    // No more than of a window of predictions.
    const rowsMax = limit('monitoring.window_rows_max')
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
          bounded(
            sideOfLog(
              { columns, whole, table, connection },
              { ...told, ...(standsFor === undefined ? {} : { stands_for: standsFor }) },
            ),
            rowsMax,
          ),
        )
    }
    const scored = {
      connection,
      table,
      prediction: prediction ?? '',
      truth: target ?? '',
      probabilities: probabilitiesIn(new Map([...whole.columns.keys()].map((name) => [name, name]))),
    }
    const side: OpenedSide = {
      told,
      features: without(whole, [prediction, target]),
      prediction: pick(whole, prediction),
      target: pick(whole, target),
      rows: { connection, table },
      ...(isScored ? { scored } : {}),
    }
    return work(bounded(side, rowsMax))
  })
}

interface OfPictures {
  readonly what: Opening['what']
  readonly more: Opening['told']
}

async function withPictures<Result>(
  ctx: VerbContext,
  snapshot: Snapshot,
  { what, more = {} }: OfPictures,
  work: (side: OpenedSide) => Promise<Result>,
): Promise<Result> {
  if (formOf(snapshot) === 'files') {
    throw new FabriqueError(
      'invalid_request',
      {
        field: 'snapshot',
        reason: `${snapshot.id} holds files, neither rows nor pictures`,
        reason_fr: `${snapshot.id} contient des fichiers, ni lignes ni images`,
      },
      { field: 'snapshot' },
    )
  }
  const path = join(ctx.blobs.stagingFolder, `pictures-${ctx.ids.hex32()}.ndjson`)
  try {
    const { table, rows, sampledOf } = await writePictures(ctx, snapshot, path)
    const told: ReportSide = {
      what,
      rows,
      project: snapshot.project,
      dataset: snapshot.dataset,
      snapshot_id: snapshot.id,
      ...(sampledOf === undefined ? {} : { sampled_of: sampledOf }),
      ...more,
    }
    return await ctx.data.use(async (connection) => {
      const features = await tableSide(connection, { table, rowCount: rows })
      return work({ told, features, rows: { connection, table } })
    }, ctx.signal)
  } finally {
    await rm(path, { force: true })
  }
}

/** A side without some of its columns. */
export function without(side: Side, names: readonly (string | undefined)[]): Side {
  const left = new Set(names)
  return { ...side, columns: new Map([...side.columns].filter(([name]) => !left.has(name))) }
}
