import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { type Database, migrate, openDatabase } from '../../src/platform/database/index.js'
import { databaseServer } from './database-servers.js'
import { testClock } from './test-clock.js'

export const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url))

interface Server {
  /** Whether nothing else is on it, so that a template may be left there. */
  readonly isOurs: boolean
  url(database: string): string
}

export interface TestDatabase extends Database {
  readonly url: string
}

/** One of the servers that TEST_DATABASE_URL names, of which each worker has its own, or the embedded one of this worker. */
async function findServer(): Promise<Server> {
  const external = (process.env.TEST_DATABASE_URL ?? '').split(' ').filter((url) => url !== '')
  if (external.length > 0) {
    const own = external[(Number(process.env.VITEST_POOL_ID ?? 1) - 1) % external.length] ?? ''
    const isOurs = process.env.TEST_DATABASE_IS_OURS === '1'
    return { isOurs, url: (database) => Object.assign(new URL(own), { pathname: `/${database}` }).toString() }
  }
  const server = await databaseServer()
  return { isOurs: true, url: (database) => server.connectionString(database) }
}

async function onServer<Result>(server: Server, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(server.url('postgres'))
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

let made = 0

/**
 * A fresh, migrated database for one suite; `close` removes it. The same tests run against an external PostgreSQL with TEST_DATABASE_URL.
 */
export async function openTestDatabase(): Promise<TestDatabase> {
  made += 1
  const name = `test_${process.pid}_${made}_${process.hrtime.bigint()}`
  const server = await findServer()
  const template = server.isOurs ? await migratedTemplate(server) : undefined
  await onServer(server, (client) =>
    client.query(`create database ${name} ${template === undefined ? '' : `template ${template} strategy file_copy`}`),
  )
  const url = server.url(name)
  const database = openDatabase({ url, applicationName: 'fabrique-test', onError: () => {} })
  await migrate(database.pool, migrationsFolder, testClock())
  return {
    ...database,
    url,
    close: async () => {
      await database.close()
      await onServer(server, (client) => client.query(`drop database ${name} with (force)`))
    },
  }
}

/** A migrated database of a server that is ours, of which the others are copies: the migrations run once. */
async function migratedTemplate(server: Server): Promise<string> {
  const name = 'migrated'
  await onServer(server, async (client) => {
    // Suites of several processes begin at once: one makes it, and the others wait.
    await client.query('select pg_advisory_lock(1)')
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 1) return
    // What a suite that was killed meanwhile left.
    await client.query(`drop database if exists ${name}_half with (force)`)
    await client.query(`create database ${name}_half`)
    const pool = new pg.Pool({ connectionString: server.url(`${name}_half`) })
    pool.on('error', () => {})
    await migrate(pool, migrationsFolder, testClock()).finally(() => pool.end())
    await client.query(`alter database ${name}_half rename to ${name}`)
  })
  return name
}
