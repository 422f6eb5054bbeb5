import type { Snapshot, SnapshotColumn } from '@fabrique/contract'
import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import { widerType } from './column-types.js'
import { newestSnapshotId } from './snapshots/newest-snapshot.js'
import { datasetTables, type SnapshotRow, toSnapshot } from './store.js'

/** A part of the snapshot to be, in the blob store. */
export interface RecordedPart {
  readonly sha256: string
  readonly bytes: number
  readonly row_count: number
  readonly source: string
  readonly source_sha256: string | undefined
}

/** What the name of a part begins with whose rows applications sent. */
const pushedScheme = 'push://'

/** The name of such a part; `origin` says what they were sent to. */
export const pushedName = (origin: string) => `${pushedScheme}${origin}`

export const isPushed = ({ source }: Pick<RecordedPart, 'source'>) => source.startsWith(pushedScheme)

interface Named {
  readonly project: string
  readonly dataset: string
}

/** Lets one snapshot of a data set be written at a time, until the end of the transaction. */
export async function lockDataset(ctx: VerbContext, { project, dataset }: Named): Promise<void> {
  await sql`select pg_advisory_xact_lock(7242, hashtext(${`${project}/${dataset}`}))`.execute(ctx.db)
}

/** Now, or a moment after that of the newest snapshot. */
export async function momentAfterNewest(ctx: VerbContext, { project, dataset }: Named): Promise<Date> {
  const { rows } = await sql<{ at: Date | null }>`
    select max(at) as at from snapshot_moments where project = ${project} and dataset = ${dataset}
  `.execute(ctx.db)
  const newest = rows[0]?.at?.getTime() ?? Number.NEGATIVE_INFINITY
  return new Date(Math.max(ctx.clock.now().getTime(), newest + 1))
}

export async function newestOf(ctx: VerbContext, named: Named): Promise<Snapshot | undefined> {
  const id = await newestSnapshotId(ctx, named)
  if (id === undefined) return undefined
  const row = await datasetTables(ctx).selectFrom('snapshots').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : toSnapshot(ctx, row as SnapshotRow)
}

interface Recorded extends Named {
  readonly parts: readonly RecordedPart[]
  readonly columns: readonly SnapshotColumn[]
}

/** What was read of a source, and after it the rows that applications sent to the data set: a source knows nothing of them. */
export async function withPushed(
  ctx: VerbContext,
  { parts, columns, ...named }: Recorded,
): Promise<Pick<Recorded, 'parts' | 'columns'>> {
  const read = parts.filter((part) => !isPushed(part))
  const newest = await newestOf(ctx, named)
  const pushed = (newest?.parts ?? []).filter(isPushed)
  if (newest === undefined || pushed.length === 0) return { parts: read, columns }
  const before = new Map(newest.columns.map((column) => [column.name, column]))
  return {
    parts: [...read, ...pushed.map(({ source_sha256, ...part }) => ({ ...part, source_sha256 }))],
    columns: columns.map((column) => {
      const known = before.get(column.name)
      if (known === undefined) return { ...column, nullable: true }
      const type = column.declared ? column.type : (widerType(column.type, known.type) ?? column.type)
      return { ...column, type, nullable: column.nullable || known.nullable }
    }),
  }
}
