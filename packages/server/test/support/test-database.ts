import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { type Database, migrate, openDatabase } from '../../src/platform/database/index.js'
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/index.js'
import { testClock } from './test-clock.js'

export const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url))

interface Server {
  url(database: string): string
  close(): Promise<void>
}

export interface TestDatabase extends Database {
  readonly url: string
}

/** An external server, which TEST_DATABASE_URL names, or an embedded one in a temporary folder. */
async function openServer(): Promise<Server> {
  const external = process.env.TEST_DATABASE_URL
  if (external !== undefined && external !== '') {
    const url = (database: string) => Object.assign(new URL(external), { pathname: `/${database}` }).toString()
    return { url, close: async () => {} }
  }
  const folder = await mkdtemp(join(tmpdir(), 'fabrique-test-pg-'))
  const server = await startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    logFile: join(folder, 'postgres.log'),
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  })
  return {
    url: (database) => server.connectionString(database),
    close: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function onServer(server: Server, statement: string): Promise<void> {
  const client = new pg.Client(server.url('postgres'))
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

let made = 0

/**
 * A fresh, migrated database for one suite; `close` removes it, and stops the server when it is an embedded one.
 * The same tests run against an external PostgreSQL with TEST_DATABASE_URL.
 */
export async function openTestDatabase(): Promise<TestDatabase> {
  const server = await openServer()
  try {
    return await createDatabase(server)
  } catch (error) {
    await server.close()
    throw error
  }
}

async function createDatabase(server: Server): Promise<TestDatabase> {
  made += 1
  const name = `test_${process.pid}_${made}_${process.hrtime.bigint()}`
  await onServer(server, `create database ${name}`)
  const url = server.url(name)
  const database = openDatabase({ url, applicationName: 'fabrique-test', onError: () => {} })
  await migrate(database.pool, migrationsFolder, testClock())
  return {
    ...database,
    url,
    close: async () => {
      await database.close()
      await onServer(server, `drop database ${name} with (force)`)
      await server.close()
    },
  }
}
