import type { DuckDBConnection } from '@duckdb/node-api'
import { FabriqueError, type Snapshot } from '@fabrique/contract'
import { sqlName, type VerbContext } from '../../../platform/index.js'
import { getDataset, localParts, tableOfParts } from '../../datasets/index.js'
import { compareSides, type DriftOptions } from './compare-sides.js'
import type { ComparedTables } from './compare-tables.js'
import { profiledSide } from './profiled-side.js'
import { type Side, tableSide } from './side.js'
import type { ProfiledPart } from './training-profile.js'

/** What the rows of a snapshot are compared with. */
export type DriftReference =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'profile'; readonly part: ProfiledPart }

export interface SnapshotDriftInput extends Omit<DriftOptions, 'signal'> {
  readonly reference: DriftReference
  readonly current: Snapshot
  /** Only rows whose time is later than all of the reference: what has come since. The time of a data set is part of it. */
  readonly onlyNew?: boolean
}

/**
 * Compares the rows of a snapshot. For verbs of this context and higher ones, which have authorised already. Errors: `invalid_request`, as
 * `compareSides`, and where new rows are asked for and nothing tells which are.
 */
export async function driftOfSnapshots(
  ctx: VerbContext,
  { reference, current, onlyNew = false, ...options }: SnapshotDriftInput,
): Promise<ComparedTables> {
  const held = await holdParts(ctx, reference.kind === 'snapshot' ? [current, reference.snapshot] : [current])
  try {
    return await ctx.data.use(async (connection) => {
      await connection.run("set TimeZone = 'UTC'")
      const [rows, rowsBefore] = held.tables
      let table = rows ?? ''
      let rowCount = current.row_count
      if (onlyNew) {
        table = newRows(table, rowsBefore, await timeOf(ctx, reference, current))
        rowCount = await countRows(connection, table)
      }
      const sides = {
        reference: await referenceSide(connection, reference, rowsBefore),
        current: await tableSide(connection, { table, rowCount }),
      }
      return compareSides(sides, { ...options, signal: ctx.signal })
    }, ctx.signal)
  } finally {
    await held.release()
  }
}

function referenceSide(
  connection: DuckDBConnection,
  reference: DriftReference,
  table: string | undefined,
): Side | Promise<Side> {
  return reference.kind === 'profile'
    ? profiledSide(reference.part)
    : tableSide(connection, { table: table ?? '', rowCount: reference.snapshot.row_count })
}

async function holdParts(ctx: VerbContext, snapshots: readonly Snapshot[]) {
  const held: Awaited<ReturnType<typeof localParts>>[] = []
  const release = async () => {
    await Promise.all(held.map((parts) => parts.release()))
  }
  try {
    for (const snapshot of snapshots) held.push(await localParts(ctx, snapshot))
  } catch (error) {
    await release()
    throw error
  }
  return {
    tables: snapshots.map(({ columns }, index) => tableOfParts(held[index]?.paths ?? [], columns)),
    release,
  }
}

function newRows(table: string, before: string | undefined, time: string): string {
  const name = sqlName(time)
  return `(select * from ${table} where ${name} > coalesce((select max(${name}) from ${before}), '-infinity'))`
}

async function countRows(connection: DuckDBConnection, table: string): Promise<number> {
  const read = await connection.runAndReadAll(`select count(*)::double from ${table}`)
  return Number(read.value(0, 0))
}

async function timeOf(
  ctx: VerbContext,
  reference: DriftReference,
  { project, dataset, columns }: Snapshot,
): Promise<string> {
  if (reference.kind === 'snapshot') {
    const { time } = await getDataset({ ctx, input: { project, dataset } })
    const both = [columns, reference.snapshot.columns]
    if (time !== undefined && both.every((all) => all.some(({ name }) => name === time))) return time
  }
  throw new FabriqueError(
    'invalid_request',
    {
      field: 'rows',
      reason: `which rows are new is known where the data set declares a time and the reference is a snapshot of it; ${dataset} is compared with something else, or has none`,
      reason_fr: `les lignes nouvelles sont connues quand le jeu de données déclare un temps et que la référence en est un instantané\u202f; ${dataset} est comparé à autre chose, ou n’en a pas`,
    },
    { field: 'rows' },
  )
}
