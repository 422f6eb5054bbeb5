import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { FabriqueError } from '@fabrique/contract'
import pg from 'pg'
import { clientConfig } from '../platform/database/connection.js'

/** First number of the advisory lock on a data folder. */
const folderLock = 7237

/**
 * The right to run a data folder: one `fabrique up` at a time. It is an advisory lock in the database of the folder, so
 * PostgreSQL frees it the moment the holder dies, whatever way.
 */
export interface FolderLock {
  /** Resolves when the connection that holds the lock is gone. */
  readonly lost: Promise<void>
  release(): Promise<void>
}

/** Takes the lock; throws `data_folder_in_use` with the process that has it. */
export async function lockFolder(url: string, dataDir: string): Promise<FolderLock> {
  const client = new pg.Client({ ...clientConfig(url, `fabrique up ${process.pid}`), keepAlive: true })
  const lost = new Promise<void>((resolve) => client.on('end', resolve))
  client.on('error', () => {})
  await client.connect()
  // Several machines may share one external database, each with its own folder.
  const key = createHash('sha256').update(`${hostname()}:${dataDir}`).digest().readInt32BE()
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [
    folderLock,
    key,
  ])
  if (rows[0]?.taken === true) return { lost, release: () => client.end().catch(() => {}) }
  const holder = await client.query<{ name: string }>(
    `select a.application_name as name from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.classid = $1 and l.objid = ($2::bigint & 4294967295)::oid and l.granted limit 1`,
    [folderLock, key],
  )
  await client.end()
  const pid = holder.rows[0]?.name.replace('fabrique up ', '') ?? ''
  throw new FabriqueError('data_folder_in_use', {
    folder: dataDir,
    holder: pid === '' ? 'another start' : `process ${pid}`,
  })
}
