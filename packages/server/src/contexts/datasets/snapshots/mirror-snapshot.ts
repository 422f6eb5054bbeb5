import {
  type ColumnType,
  type DatasetDefinition,
  FabriqueError,
  isFabriqueError,
  type Snapshot,
} from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit, present } from '../../../kernel/index.js'
import { changeVerb, readChunks, type VerbContext } from '../../../platform/index.js'
import { findDeclared } from '../get-dataset.js'
import { getSnapshot } from '../get-snapshot.js'
import { useSnapshot } from '../read-snapshot.js'

export interface MirrorResult {
  /** As `shop.usage`. */
  readonly table: string
  readonly rows: number
  /** False where the snapshot was there already, or is older than those that stay. */
  readonly written: boolean
  /** Snapshots that left the table. */
  readonly removed: readonly string[]
}

type Mirror = NonNullable<DatasetDefinition['mirror']>

/** The advisory lock of mirrors: one writes a table at a time. */
const mirrorLock = 7240

const types: Readonly<Record<ColumnType, string>> = {
  number: 'double precision',
  integer: 'bigint',
  text: 'text',
  category: 'text',
  boolean: 'boolean',
  timestamp: 'timestamp without time zone',
  date: 'date',
}

/** Columns that the mirror adds to those of the snapshot. */
const ownColumns = ['snapshot_id', 'snapshot_date'] as const

/**
 * Copies a snapshot into the PostgreSQL table that its data set names, with its id and its date (UTC): all rows in one transaction, or
 * none. Copied again, it changes nothing. Missing columns are added; the newest `keep` snapshots stay. Only a table that Fabrique made is
 * touched. Errors: `mirror_not_declared`, `mirror_table_taken`, `mirror_type_conflict`, `mirror_refused`, `snapshot_not_found`.
 */
export const mirrorSnapshot = changeVerb({
  name: 'datasets.mirror_snapshot',
  permission: 'datasets.write',
  input: z.object({ snapshot: z.string() }),
  async run({ ctx, input, record, unchanged }): Promise<MirrorResult> {
    const snapshot = await getSnapshot({ ctx, input })
    const { project, dataset } = snapshot
    const mirror = (await findDeclared(ctx, snapshot))?.mirror
    if (mirror === undefined) throw new FabriqueError('mirror_not_declared', { project, dataset })
    const table = `${mirror.schema}.${mirror.table}`
    const refuse = (reason: string, cause?: unknown) =>
      new FabriqueError('mirror_refused', { table, snapshot: snapshot.id, reason }, { cause })
    refuseShape(snapshot, refuse)
    try {
      await sql`select pg_advisory_xact_lock(${mirrorLock}, hashtext(${table}))`.execute(ctx.db)
      await ensureTable(ctx, mirror, snapshot)
      const stays = await snapshotsThatStay(ctx, mirror, snapshot)
      if (!stays.isNew || !stays.kept.includes(snapshot.id)) {
        // A table that was only made, or that lost nothing, is no change that others could use.
        unchanged()
        return { table, rows: 0, written: false, removed: [] }
      }
      await addColumns(ctx, mirror, snapshot)
      const rows = await copyRows(ctx, mirror, snapshot)
      const removed = stays.known.filter((id) => !stays.kept.includes(id))
      await removeSnapshots(ctx, mirror, removed)
      await sql`insert into mirrored_snapshots (table_schema, table_name, snapshot_id, row_count, snapshot_created_at, mirrored_at)
        values (${mirror.schema}, ${mirror.table}, ${snapshot.id}, ${rows}, ${new Date(snapshot.created_at)}, ${ctx.clock.now()})`.execute(
        ctx.db,
      )
      await record({
        subject: `snapshots/${snapshot.id}`,
        event: 'snapshot.changed',
        payload: { project, dataset, snapshot_id: snapshot.id, change: `mirrored to ${table}` },
      })
      return { table, rows, written: true, removed }
    } catch (error) {
      throw refusalOf(error, refuse)
    }
  },
})

/** The hook after an ingest: mirrors a snapshot where its data set declares that, else does nothing. */
export async function mirrorIfDeclared(ctx: VerbContext, snapshot: string): Promise<MirrorResult | undefined> {
  return mirrorSnapshot({ ctx, input: { snapshot } }).catch((error: unknown) => {
    if (isFabriqueError(error) && error.code === 'mirror_not_declared') return undefined
    throw error
  })
}

function refuseShape({ columns, row_count }: Snapshot, refuse: (reason: string) => FabriqueError): void {
  if (row_count > limit('mirror.rows_max'))
    throw refuse(`it has ${row_count} rows, more than ${limit('mirror.rows_max')}`)
  if (columns.length > 1500) throw refuse(`it has ${columns.length} columns, more than PostgreSQL allows`)
  for (const { name } of columns) {
    if (ownColumns.some((own) => own === name))
      throw refuse(`its column ${name} has the name of one that the mirror adds`)
    if (name === '' || Buffer.byteLength(name) > 63)
      throw refuse(`the name of its column ${name} is too long for PostgreSQL`)
  }
}

/** What PostgreSQL says of values, permissions and names is for the user to act on; what it says of itself is not. */
function refusalOf(error: unknown, refuse: (reason: string, cause: unknown) => FabriqueError): unknown {
  if (isFabriqueError(error) || !(error instanceof Error) || !('code' in error)) return error
  return /^(?:22|23|3F|42|54|0A)/.test(String(error.code)) ? refuse(error.message, error) : error
}

const tableOf = ({ schema, table }: Mirror) => sql.table(`${schema}.${table}`)

/** Makes the table where it is not there. One that is there must be of this data set. */
async function ensureTable(ctx: VerbContext, mirror: Mirror, { project, dataset }: Snapshot): Promise<void> {
  const { schema, table } = mirror
  const known = await sql<{ project: string; dataset: string }>`
    select project, dataset from mirror_tables where table_schema = ${schema} and table_name = ${table}
  `.execute(ctx.db)
  const found = await sql<{ is_there: boolean }>`
    select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${schema} and c.relname = ${table}) as is_there
  `.execute(ctx.db)
  const isThere = found.rows[0]?.is_there === true
  const owner = known.rows[0]
  const isOurs = owner?.project === project && owner.dataset === dataset
  if ((owner !== undefined && !isOurs) || (owner === undefined && isThere)) {
    throw new FabriqueError('mirror_table_taken', { table: `${schema}.${table}`, dataset })
  }
  if (isThere) return
  // Someone dropped it: what it had is to be copied again.
  await sql`delete from mirrored_snapshots where table_schema = ${schema} and table_name = ${table}`.execute(ctx.db)
  const schemas = await sql`select from pg_namespace where nspname = ${schema}`.execute(ctx.db)
  if (schemas.rows.length === 0) await sql`create schema ${sql.id(schema)}`.execute(ctx.db)
  await sql`create table ${tableOf(mirror)} (snapshot_id text not null, snapshot_date date not null)`.execute(ctx.db)
  await sql`create index on ${tableOf(mirror)} (snapshot_id)`.execute(ctx.db)
  await sql`create index on ${tableOf(mirror)} (snapshot_date)`.execute(ctx.db)
  await sql`
    insert into mirror_tables (table_schema, table_name, project, dataset, created_at)
    values (${schema}, ${table}, ${project}, ${dataset}, ${ctx.clock.now()}) on conflict do nothing
  `.execute(ctx.db)
}

async function snapshotsThatStay(ctx: VerbContext, { schema, table, keep }: Mirror, snapshot: Snapshot) {
  const { rows } = await sql<{ snapshot_id: string; snapshot_created_at: Date }>`
    select snapshot_id, snapshot_created_at from mirrored_snapshots where table_schema = ${schema} and table_name = ${table}
  `.execute(ctx.db)
  const known = rows.map(({ snapshot_id }) => snapshot_id)
  const all = [
    ...rows.map(({ snapshot_id: id, snapshot_created_at: at }) => ({ id, at: at.getTime() })),
    ...(known.includes(snapshot.id) ? [] : [{ id: snapshot.id, at: Date.parse(snapshot.created_at) }]),
  ]
  // The one to be copied last wins over one of the same moment.
  const kept = all.sort((left, right) => right.at - left.at || (left.id === snapshot.id ? -1 : 1)).slice(0, keep)
  return { known, kept: kept.map(({ id }) => id), isNew: !known.includes(snapshot.id) }
}

async function addColumns(ctx: VerbContext, mirror: Mirror, snapshot: Snapshot): Promise<void> {
  const { rows } = await sql<{ name: string; type: string }>`
    select column_name as name, data_type as type from information_schema.columns
    where table_schema = ${mirror.schema} and table_name = ${mirror.table}
  `.execute(ctx.db)
  const found = new Map(rows.map(({ name, type }) => [name, type]))
  for (const { name, type } of snapshot.columns) {
    const wanted = types[type]
    const there = found.get(name)
    if (there === undefined) {
      await sql`alter table ${tableOf(mirror)} add column ${sql.id(name)} ${sql.raw(wanted)}`.execute(ctx.db)
    } else if (there !== wanted && !(there === 'double precision' && wanted === 'bigint')) {
      const table = `${mirror.schema}.${mirror.table}`
      throw new FabriqueError('mirror_type_conflict', {
        column: name,
        table,
        found: there,
        snapshot: snapshot.id,
        wanted,
      })
    }
  }
}

/** Writes all rows in batches; one statement for each, with one array for each column. */
async function copyRows(ctx: VerbContext, mirror: Mirror, snapshot: Snapshot): Promise<number> {
  const { columns } = snapshot
  const names = sql.join([...columns.map(({ name }) => sql.id(name)), ...ownColumns.map((name) => sql.id(name))])
  const at = new Date(snapshot.created_at).toISOString().slice(0, 10)
  let rows = 0
  await useSnapshot(ctx, snapshot, async (connection, table) => {
    const values = columns.map(({ name }) => `"${name.replaceAll('"', '""')}"::varchar`)
    let batch: (string | null)[][] = columns.map(() => [])
    let size = 0
    const write = async () => {
      if (size === 0) return
      const arrays = columns.map(({ type }, index) => {
        // Everything crosses as text, which both sides write in full and alike.
        return sql`${present(batch[index], 'values')}::text[]::${sql.raw(types[type])}[]`
      })
      const source = columns.length === 0 ? sql`generate_series(1, ${size}::int)` : sql`unnest(${sql.join(arrays)})`
      const picked = columns.map((_, index) => sql.id(`c${index}`))
      const aliased = columns.length === 0 ? sql`as t` : sql`as t (${sql.join(picked)})`
      const selected = sql.join([...picked, sql`${snapshot.id}`, sql`${at}::date`])
      await sql`insert into ${tableOf(mirror)} (${names}) select ${selected} from ${source} ${aliased}`.execute(ctx.db)
      rows += size
      batch = columns.map(() => [])
      size = 0
    }
    const all = `select ${values.length === 0 ? 'null' : values.join(', ')} from ${table}`
    for await (const chunk of readChunks(connection, all)) {
      ctx.signal?.throwIfAborted()
      for (const [index, into] of batch.entries()) {
        for (const value of chunk.getColumnValues(index)) into.push(value === null ? null : String(value))
      }
      size += chunk.rowCount
      if (size >= limit('mirror.rows_at_once')) await write()
    }
    await write()
  })
  return rows
}

async function removeSnapshots(ctx: VerbContext, mirror: Mirror, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await sql`delete from ${tableOf(mirror)} where snapshot_id = any(${ids}::text[])`.execute(ctx.db)
  await sql`
    delete from mirrored_snapshots
    where table_schema = ${mirror.schema} and table_name = ${mirror.table} and snapshot_id = any(${ids}::text[])
  `.execute(ctx.db)
}
