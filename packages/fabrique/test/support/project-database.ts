import { join } from 'node:path'
import { startEmbeddedPostgres } from '@fabrique/server'
import pg from 'pg'
import { inject } from 'vitest'
import { whenCleanedUp } from './running-fabrique.js'

/**
 * The environment of a project whose test is not about its database: one of its own on the server that this worker has anyway, until the
 * folder is cleaned up. It is there sooner than a server of its own would be.
 */
export async function databaseOf(folder: string): Promise<{ readonly DATABASE_URL: string }> {
  const place = join(inject('databaseServers'), process.env.VITEST_POOL_ID ?? 'one')
  const server = await startEmbeddedPostgres({
    dataDir: join(place, 'postgres'),
    logFile: join(place, 'postgres.log'),
    settings: inject('databaseSettings'),
  })
  const name = `project_${process.pid}_${process.hrtime.bigint()}`
  const onServer = async (statement: string) => {
    const client = new pg.Client(server.connectionString('postgres'))
    await client.connect()
    await client.query(statement).finally(() => client.end())
  }
  await onServer(`create database ${name}`)
  whenCleanedUp(folder, () => onServer(`drop database ${name} with (force)`))
  return { DATABASE_URL: server.connectionString(name) }
}
