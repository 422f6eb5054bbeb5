import { rm } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { ModelSignature } from '@fabrique/contract'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { openParquetWriter, rowsOf, sqlName, sqlText, type VerbContext } from '../../../platform/index.js'
import { dayOf } from '../days.js'
import { type LogColumn, logTable, mergeColumns, rawColumns } from './log-columns.js'
import { type RawRow, readSpan } from './read-day.js'
import { compactedDays, type DayPart } from './store.js'
import { rawTypes, seenIn } from './write-day.js'

/** A span of the predictions of a model. */
export interface LogWindow {
  readonly model: string
  readonly from: Date
  /** Exclusive. */
  readonly until: Date
  /** One version only; all without. */
  readonly version?: string | undefined
  /** Of more rows, about as many are taken, evenly: always the same ones. */
  readonly rowsMax: number
  /** Where the rows are written, as one Parquet file. */
  readonly path: string
  readonly signatureOf: (version: string) => Promise<ModelSignature | undefined>
}

/** The file of a window. */
export interface WrittenWindow {
  readonly rows: number
  /** Rows that were there, where only some were taken. */
  readonly sampledOf?: number
  readonly columns: readonly LogColumn[]
}

/**
 * Writes the predictions of a span as one table with typed columns: from the log, and of days that the log has dropped from their files. For
 * verbs of higher contexts, which have authorised already.
 */
export async function writeLogWindow(ctx: VerbContext, window: LogWindow): Promise<WrittenWindow> {
  return ctx.data.use(async (connection) => {
    // Times without a zone are UTC wherever this runs.
    await connection.run("set TimeZone = 'UTC'")
    const filed = await filedDays(ctx, window)
    const opened = await Promise.allSettled(filed.map(({ sha256 }) => ctx.blobs.localFile(sha256)))
    let logged: LoggedPart | undefined
    try {
      const files = opened.map((one) => {
        if (one.status === 'rejected') throw one.reason
        return one.value.path
      })
      const total = (await countLogged(ctx, window)) + (await countFiled(connection, window, files))
      const oneIn = Math.max(1, Math.ceil(total / window.rowsMax))
      logged = await writeLogged(ctx, connection, { window, oneIn })
      // Of no row nothing is known: its columns would make texts of what the files hold.
      const isThere = logged.rows > 0 || files.length === 0
      const rows = await join(connection, { window, oneIn, logged: isThere ? logged.path : undefined, files })
      const columns = mergeColumns([...(isThere ? [logged.columns] : []), ...filed.map((part) => part.columns)])
      return { rows, columns, ...(oneIn === 1 ? {} : { sampledOf: total }) }
    } finally {
      await Promise.all(opened.map((one) => (one.status === 'fulfilled' ? one.value.release() : undefined)))
      if (logged !== undefined) await rm(logged.path, { force: true })
    }
  }, ctx.signal)
}

function conditionsOf({ model, from, until, version }: LogWindow): RawBuilder<SqlBool> {
  const ofVersion = version === undefined ? sql`` : sql`and version = ${version}`
  return sql`model = ${model} and at >= ${from} and at < ${until} ${ofVersion}`
}

async function countLogged(ctx: VerbContext, window: LogWindow): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::float8 as count from predictions where ${conditionsOf(window)}`.execute(ctx.db)
  return rows[0]?.count ?? 0
}

/** Files of the days of the span that have no row in the log any more. */
async function filedDays(ctx: VerbContext, { model, from, until }: LogWindow): Promise<readonly DayPart[]> {
  const days = (await compactedDays(ctx, model)).filter(({ day }) => day >= dayOf(from) && day <= dayOf(until))
  const { rows } = await sql<{ day: string }>`
    select d.day::text from unnest(${days.map(({ day }) => day)}::text[]::date[]) d(day)
    where not exists (
      select from predictions p where p.model = ${model} and p.at >= d.day::timestamp at time zone 'UTC'
        and p.at < (d.day + 1)::timestamp at time zone 'UTC'
    )`.execute(ctx.db)
  const dropped = new Set(rows.map(({ day }) => day))
  return days.filter(({ day }) => dropped.has(day)).flatMap(({ parts }) => parts)
}

/** Rows of files that lie in the span: a day may begin before it. */
async function countFiled(connection: DuckDBConnection, window: LogWindow, files: readonly string[]): Promise<number> {
  if (files.length === 0) return 0
  const read = await connection.runAndReadAll(
    `select count(*)::double from ${tableOf(files)} where ${filedConditions(window).join(' and ')}`,
  )
  return Number(read.value(0, 0))
}

const tableOf = (files: readonly string[]) => `read_parquet([${files.map(sqlText).join(', ')}], union_by_name = true)`

function filedConditions({ from, until, version }: LogWindow): readonly string[] {
  const moment = (at: Date) => `${sqlText(at.toISOString().slice(0, -1))}::timestamp`
  return [
    `predicted_at >= ${moment(from)}`,
    `predicted_at < ${moment(until)}`,
    ...(version === undefined ? [] : [`model_version = ${sqlText(version)}`]),
  ]
}

/** The rows of the log, in a file of their own. */
interface LoggedPart {
  readonly path: string
  readonly rows: number
  readonly columns: readonly LogColumn[]
}

interface Logged {
  readonly window: LogWindow
  readonly oneIn: number
}

async function writeLogged(
  ctx: VerbContext,
  connection: DuckDBConnection,
  { window, oneIn }: Logged,
): Promise<LoggedPart> {
  const raw = `${window.path}.raw`
  const path = `${window.path}.logged`
  const versions = new Set<string>()
  let rows = 0
  const writer = await openParquetWriter(connection, { path: raw, columns: rawTypes })
  try {
    const { model, from, until: to, version } = window
    for await (const page of readSpan(ctx, { model, from, to, version, oneIn })) {
      await writer.append(rawColumns.map((name) => page.map((row: RawRow) => row[name])))
      for (const one of page) versions.add(one.version)
      rows += page.length
    }
    await writer.finish()
    const found = await Promise.all([...versions].sort().map(window.signatureOf))
    const read = `read_parquet(${sqlText(raw)})`
    const table = logTable(
      found.flatMap((signature) => signature ?? []),
      await seenIn(connection, read),
    )
    await connection.run(`copy (${table.select(read)}) to ${sqlText(path)} (format parquet)`)
    return { path, rows, columns: table.columns }
  } finally {
    await writer.discard()
    await rm(raw, { force: true })
  }
}

interface Joined extends Logged {
  readonly logged: string | undefined
  readonly files: readonly string[]
}

async function join(connection: DuckDBConnection, { window, oneIn, logged, files }: Joined): Promise<number> {
  const conditions = [
    ...filedConditions(window),
    ...(oneIn === 1 ? [] : [`hash(prediction_id, prediction_row) % ${oneIn} = 0`]),
  ]
  const parts = [
    ...(logged === undefined ? [] : [`select * from read_parquet(${sqlText(logged)})`]),
    ...(files.length === 0 ? [] : [`select * from ${tableOf(files)} where ${conditions.join(' and ')}`]),
  ]
  const all = parts.join(' union all by name ')
  await connection.run(
    `copy (select * from (${all}) order by ${sqlName('predicted_at')}, prediction_id, prediction_row) to ${sqlText(window.path)} (format parquet)`,
  )
  const counted = await connection.runAndReadAll(
    `select count(*)::double as count from read_parquet(${sqlText(window.path)})`,
  )
  return rowsOf<{ count: number }>(counted)[0]?.count ?? 0
}
