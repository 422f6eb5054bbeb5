import { join } from 'node:path'
import { FabriqueError } from '@fabrique/contract'
import pg from 'pg'
import { retry } from '../kernel/index.js'
import { clientConfig, isConnectionError } from '../platform/database/connection.js'
import {
  type EmbeddedPostgres,
  EmbeddedPostgresError,
  startEmbeddedPostgres,
} from '../platform/embedded-postgres/index.js'
import type { Log } from '../platform/logs/index.js'
import type { Config } from './config/index.js'
import type { DataFolder } from './data-folder.js'

/** The database of a process: the external one, or the embedded one that it started or found running. */
export interface DatabaseServer {
  readonly url: string
  readonly embedded: EmbeddedPostgres | undefined
}

const databaseName = 'fabrique'

/** A connection that breaks fails what waits for its answer; without a listener it would end the process. */
const ignore = () => {}

/** Starts the embedded server, or waits for the external one. Errors: `postgres_*`, `database_unavailable`. */
export async function openDatabaseServer(
  config: Config,
  folder: DataFolder,
  log: Log,
  onProgress: (what: string) => void,
): Promise<DatabaseServer> {
  if (config.database_url !== undefined) {
    const url = config.database_url.reveal()
    await waitForDatabase(url, config.database_wait_s, () => onProgress('waiting_external'))
    return { url, embedded: undefined }
  }
  const embedded = await startEmbedded(folder, log, onProgress)
  await createDatabase(embedded)
  return { url: embedded.connectionString(databaseName), embedded }
}

/** Starts the embedded server of a data folder, or attaches to the one that runs. */
export async function startEmbedded(folder: DataFolder, log: Log, onProgress: (what: string) => void) {
  try {
    return await startEmbeddedPostgres({
      dataDir: folder.postgres,
      logFile: join(folder.logs, 'postgres.log'),
      onEvent: (event) => {
        log.debug({ postgres: event }, 'Embedded PostgreSQL')
        onProgress(typeof event === 'string' ? event : event.kind)
      },
    })
  } catch (error) {
    throw toCatalogue(error, folder)
  }
}

function toCatalogue(error: unknown, folder: DataFolder): unknown {
  if (!(error instanceof EmbeddedPostgresError)) return error
  const reason = error.message
  switch (error.code) {
    case 'postgres_platform_unsupported':
      return new FabriqueError('postgres_platform_unsupported', { reason }, { cause: error })
    case 'postgres_folder_not_writable':
      return new FabriqueError('data_folder_not_writable', { folder: folder.root, reason }, { cause: error })
    case 'postgres_folder_newer':
      return new FabriqueError(
        'data_folder_newer',
        { folder: folder.postgres, found: reason, known: 'PostgreSQL 18' },
        { cause: error },
      )
    case 'disk_full':
      return new FabriqueError('disk_full', { folder: folder.root }, { cause: error })
    case 'postgres_init_failed':
    case 'postgres_start_failed':
      return new FabriqueError('postgres_start_failed', { reason }, { cause: error })
  }
}

async function createDatabase(server: EmbeddedPostgres): Promise<void> {
  const client = new pg.Client(clientConfig(server.connectionString('postgres'), 'fabrique start'))
  client.on('error', ignore)
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [databaseName])
    if (rowCount === 0) await client.query(`create database ${databaseName}`)
  } catch (error) {
    // Another process made it between the two statements.
    if (!(error instanceof pg.DatabaseError && (error.code === '42P04' || error.code === '23505'))) throw error
  } finally {
    await client.end()
  }
}

async function waitForDatabase(url: string, waitSeconds: number, onWait: () => void): Promise<void> {
  const attempt = async (count: number) => {
    if (count === 2) onWait()
    const client = new pg.Client(clientConfig(url, 'fabrique start'))
    client.on('error', ignore)
    try {
      await client.connect()
      await client.query('select 1')
    } finally {
      await client.end().catch(() => {})
    }
  }
  try {
    await retry(attempt, { attempts: waitSeconds, delayMs: 1000, delayMsMax: 1000, retryable: isConnectionError })
  } catch (error) {
    const reason = error instanceof Error && error.message !== '' ? error.message : describe(error)
    throw new FabriqueError('database_unavailable', { reason }, { cause: error })
  }
}

/** Node gives an error without a message when every address of a host refused. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map((inner) => (inner as Error).message).join('; ')
  return error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
}

/**
 * Stops the embedded server unless another process of ours still uses it: the last one out turns off the light. For roles
 * started by hand on one data folder.
 */
export async function leaveDatabaseServer(server: DatabaseServer): Promise<void> {
  if (server.embedded === undefined) return
  const client = new pg.Client(clientConfig(server.embedded.connectionString('postgres'), 'fabrique stop'))
  client.on('error', ignore)
  try {
    await client.connect()
    const { rows } = await client.query<{ others: number }>(
      `select count(*)::int as others from pg_stat_activity where application_name like 'fabrique %' and pid <> pg_backend_pid()`,
    )
    if ((rows[0]?.others ?? 0) > 0) return
  } catch {
    // A server that does not answer is stopped the hard way below.
  } finally {
    await client.end().catch(() => {})
  }
  await server.embedded.stop()
}
