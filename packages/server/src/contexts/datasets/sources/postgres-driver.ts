import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FabriqueError, isFabriqueError, type SourceDefinition } from '@fabrique/contract'
import pg from 'pg'
import { assert, limit } from '../../../kernel/index.js'
import { isConnectionError, openParquetWriter, sqlName } from '../../../platform/index.js'
import { hashFile } from './hash-file.js'
import { type PostgresColumn, postgresColumns } from './postgres-columns.js'
import type { LocalFile, SourceDriver, SourceItem, SourceScope } from './source-driver.js'

type PostgresSource = Extract<SourceDefinition, { kind: 'postgres' }>

/** Bytes of one batch of rows that are aimed at. */
const batchBytes = 4 * 1024 * 1024
const batchRowsMax = 20_000

/**
 * The answer of one query. With a cursor column, the rows beyond the highest value that the last ingest saw, up to the highest that there is
 * now; without, all rows each time.
 * Errors: `source_query_failed`, `source_unavailable`, `source_denied`, `source_secret_missing`, `source_options_invalid`.
 */
export const postgresDriver: SourceDriver<'postgres'> = {
  kind: 'postgres',
  async list(source, scope) {
    const shown = `${source.url_env}: ${source.query.replaceAll(/\s+/g, ' ').trim().slice(0, 200)}`
    const { cursor } = source
    if (cursor === undefined) {
      return { mode: 'whole', items: [itemOf(source, scope, { name: shown, where: '' })] }
    }
    // Another query or column begins anew: what was seen of the one before says nothing about it.
    const query = createHash('sha256').update(`${cursor}\n${source.query}`).digest('hex')
    const seen = scope.state?.query === query ? scope.state.highest : undefined
    const found = await withSession(source, scope, (session) => beyond(session, source, cursor, seen))
    const highest = found.highest ?? seen
    const state = { query, ...(highest === undefined ? {} : { highest }) }
    // An empty table is read as such; with nothing new the snapshot before stays as it is.
    if (highest === undefined)
      return { mode: 'whole', items: [itemOf(source, scope, { name: shown, where: '' })], state }
    if (highest === seen) return { mode: 'added', items: [], state }
    const column = sqlName(cursor)
    const { type } = found
    const upTo = `${column} <= ${pg.escapeLiteral(highest)}::${type}`
    const where =
      seen === undefined ? `where ${upTo}` : `where ${column} > ${pg.escapeLiteral(seen)}::${type} and ${upTo}`
    const name = `${shown} (${cursor} ${seen === undefined ? '' : `> ${seen}, `}<= ${highest})`
    const mark = `${query} ${seen ?? ''} ${highest}`
    const item = itemOf(source, scope, { name, mark, where: `${where} order by ${column}` })
    return { mode: seen === undefined ? 'whole' : 'added', items: [item], state }
  },
}

/** The query as a table. A comment may stand in its last line. */
function tableOf({ query }: PostgresSource): string {
  return `(${query.replace(/[\s;]+$/, '')}\n) as answer`
}

/**
 * The type of the cursor column, and its highest value as text of the rows beyond `seen`; undefined where there are none. Rows without a
 * value are refused.
 */
async function beyond(
  session: Session,
  source: PostgresSource,
  cursor: string,
  seen: string | undefined,
): Promise<{ readonly type: string; readonly highest: string | undefined }> {
  const column = sqlName(cursor)
  const { fields } = await session.query(`select ${column} from ${tableOf(source)} limit 0`)
  const [[type] = []] = await session.rows(`select format_type(${fields[0]?.dataTypeID ?? 0}, null)`)
  assert(typeof type === 'string', 'A column has a type')
  const rest = seen === undefined ? '' : `where ${column} > ${pg.escapeLiteral(seen)}::${type} or ${column} is null`
  const [[highest, missing] = []] = await session.rows(
    `select max(${column})::text, count(*) filter (where ${column} is null)::text from ${tableOf(source)} ${rest}`,
  )
  if (missing !== '0') {
    const reason = `${missing} rows have no value in ${cursor}: they would never be read; leave them out in the query`
    throw new FabriqueError('source_options_invalid', { source: 'postgres', field: 'cursor', reason })
  }
  return { type, highest: highest ?? undefined }
}

interface Part {
  readonly name: string
  readonly mark?: string
  /** The condition and order of its rows. */
  readonly where: string
}

function itemOf(source: PostgresSource, scope: SourceScope, part: Part): SourceItem {
  return {
    name: part.name,
    ...(part.mark === undefined ? {} : { mark: part.mark }),
    format: { format: 'parquet' },
    open: (report) => fetchRows(source, scope, part, report),
  }
}

async function fetchRows(
  source: PostgresSource,
  scope: SourceScope,
  { where }: Part,
  report: (bytes: number) => void,
): Promise<LocalFile> {
  const { ctx } = scope
  const path = join(ctx.blobs.stagingFolder, `got-${ctx.ids.hex32()}-query.parquet`)
  await withSession(source, scope, async (session) => {
    const columns = await describe(session, source)
    const selected = columns.map(({ asked, name }) => `${asked} as ${sqlName(name)}`).join(', ')
    await session.rows(`declare fabrique_rows no scroll cursor for select ${selected} from ${tableOf(source)} ${where}`)
    await ctx.data.use(async (connection) => {
      const writer = await openParquetWriter(connection, {
        path,
        columns: columns.map(({ name, written }) => ({
          name,
          given: 'VARCHAR' as const,
          ...(written === undefined ? {} : { written }),
        })),
      })
      try {
        let count = 100
        let bytes = 0
        for (;;) {
          ctx.signal?.throwIfAborted()
          const rows = await session.rows(`fetch ${count} from fabrique_rows`)
          if (rows.length === 0) break
          const values = columns.map((_, index) => rows.map((row) => row[index] ?? null))
          await writer.append(values)
          let size = 1
          for (const column of values) for (const value of column) size += value?.length ?? 0
          bytes += size
          report(bytes)
          if (bytes > limit('data.download_bytes_max')) {
            const limits = { limit_bytes: limit('data.download_bytes_max') }
            throw new FabriqueError('source_too_large', { path: source.url_env, ...limits })
          }
          // So many rows as make a batch: rows may be a few bytes or megabytes.
          count = Math.max(1, Math.min(batchRowsMax, count * 4, Math.floor((batchBytes / size) * rows.length)))
        }
        await writer.finish()
      } catch (error) {
        await writer.discard()
        throw isFabriqueError(error) || ctx.signal?.aborted === true || error instanceof SessionFailed
          ? error
          : queryFailed(source, error)
      }
    }, ctx.signal)
  })
  return { path, ...(await hashFile(path)), release: () => rm(path, { force: true }) }
}

/** The columns of the answer. Two of the same name are refused. */
async function describe(session: Session, source: PostgresSource): Promise<readonly PostgresColumn[]> {
  const { fields } = await session.query(`select * from ${tableOf(source)} limit 0`)
  const names = fields.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw queryFailed(source, new Error(`column ${twice} is there twice: name one with as`))
  if (names.length === 0) throw queryFailed(source, new Error('the answer has no columns'))
  const oids = [...new Set(fields.map(({ dataTypeID }) => dataTypeID))]
  const nested = await session.rows(
    `select oid::text from pg_catalog.pg_type
     where (typcategory in ('A', 'C') or typname = 'record') and oid in (${oids.join(', ')})`,
  )
  const known = new Set(nested.map(([oid]) => Number(oid)))
  return postgresColumns(fields, (type) => known.has(type))
}

interface Session {
  query(text: string): Promise<pg.QueryArrayResult<(string | null)[]>>
  rows(text: string): Promise<readonly (readonly (string | null)[])[]>
}

/** The types of the driver do not know `queryMode` yet. */
type ExtendedQuery = pg.QueryArrayConfig & { readonly queryMode: 'extended' }

/** What PostgreSQL said; told in the words of the catalogue once the session is closed. */
class SessionFailed extends Error {}

/** Everything comes as text, and is read by its type later. */
const asText = { getTypeParser: () => (text: string | Buffer) => text.toString() }

/**
 * Runs work in a read-only transaction of a connection of its own, in UTC. Statements go by the extended protocol, in which the server
 * refuses more than one at once.
 */
async function withSession<Result>(
  source: PostgresSource,
  scope: SourceScope,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const url = scope.secret(source.url_env)
  const { signal } = scope.ctx
  const client = openClient(source, url)
  client.on('error', () => {})
  // The socket is closed as well: a server that is out of reach hears of no cancellation.
  const cancel = () => void cancelQuery(url, client).finally(() => client.end().catch(() => {}))
  const query = async (text: string) => {
    try {
      const asked: ExtendedQuery = { text, rowMode: 'array', queryMode: 'extended', types: asText }
      return await client.query<(string | null)[]>(asked)
    } catch (error) {
      throw new SessionFailed('', { cause: error })
    }
  }
  try {
    signal?.throwIfAborted()
    await client.connect().catch((error: unknown) => {
      throw new SessionFailed('', { cause: error })
    })
    signal?.addEventListener('abort', cancel, { once: true })
    await query('begin transaction isolation level repeatable read read only')
    for (const setting of [
      "timezone = 'UTC'",
      "datestyle = 'ISO'",
      "intervalstyle = 'postgres'",
      'extra_float_digits = 1',
    ]) {
      await query(`set local ${setting}`)
    }
    const result = await work({ query, rows: async (text) => (await query(text)).rows })
    await query('rollback')
    return result
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason
    throw error instanceof SessionFailed ? told(error.cause, source, url) : error
  } finally {
    signal?.removeEventListener('abort', cancel)
    await client.end().catch(() => {})
  }
}

function openClient(source: PostgresSource, url: string): pg.Client {
  try {
    return new pg.Client({
      connectionString: url,
      application_name: 'fabrique source',
      connectionTimeoutMillis: limit('sources.connect_timeout_ms'),
      statement_timeout: limit('sources.statement_timeout_ms'),
      keepAlive: true,
    })
  } catch (error) {
    // The text of the address may hold a password.
    throw new FabriqueError(
      'source_unavailable',
      { path: source.url_env, reason: 'its value is no address of a database, as postgresql://user@host/database' },
      { cause: error },
    )
  }
}

/** Ends what the server does for a connection: closing the socket alone would let it go on. */
async function cancelQuery(url: string, client: pg.Client): Promise<void> {
  const { processID } = client as pg.Client & { readonly processID?: number | null }
  const other = new pg.Client({ connectionString: url, connectionTimeoutMillis: limit('sources.connect_timeout_ms') })
  other.on('error', () => {})
  try {
    await other.connect()
    await other.query('select pg_cancel_backend($1)', [processID])
  } catch {
    // The server is away, and with it the statement.
  } finally {
    await other.end().catch(() => {})
  }
}

/** The password of an address never stands in a message, whatever the server repeats. */
function withoutPassword(text: string, url: string): string {
  const raw = /^[^:]+:\/\/[^:@/]*:([^@]*)@/.exec(url)?.[1]
  if (raw === undefined || raw === '') return text
  let decoded = raw
  try {
    decoded = decodeURIComponent(raw)
  } catch {
    // It stands for itself.
  }
  return text.replaceAll(raw, '***').replaceAll(decoded, '***')
}

function told(error: unknown, source: PostgresSource, url: string): FabriqueError {
  const message = withoutPassword(error instanceof AggregateError ? String(error.errors[0]) : messageOf(error), url)
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : ''
  const place = { path: source.url_env, reason: message }
  // 28: the login is refused.
  if (code.startsWith('28')) return new FabriqueError('source_denied', place)
  if (isConnectionError(error) || !(error instanceof pg.DatabaseError)) {
    return new FabriqueError('source_unavailable', place)
  }
  return new FabriqueError('source_query_failed', { source: source.url_env, reason: message })
}

function queryFailed(source: PostgresSource, error: unknown): FabriqueError {
  return new FabriqueError(
    'source_query_failed',
    { source: source.url_env, reason: messageOf(error).split('\n')[0] ?? '' },
    { cause: error },
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
