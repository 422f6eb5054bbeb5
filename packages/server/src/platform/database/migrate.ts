import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FabriqueError } from '@fabrique/contract'
import type pg from 'pg'
import type { Clock } from '../../kernel/index.js'

interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
}

/** Any fixed number: processes that start at once take turns on it. */
const advisoryLock = 7_236_021_801

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const files = (await readdir(folder)).filter((file) => /^\d{4}_\w+\.sql$/.test(file)).sort()
  return Promise.all(
    files.map(async (file) => ({
      number: Number(file.slice(0, 4)),
      name: file,
      sql: await readFile(join(folder, file), 'utf8'),
    })),
  )
}

/**
 * Brings the schema up to date: forward only, one transaction for each file, under an advisory lock, so that several
 * processes may start at once. Returns the names of the files applied.
 * Throws `database_newer` when the database has migrations this program does not know, `migration_failed` otherwise.
 */
export async function migrate(pool: pg.Pool, folder: string, clock: Clock): Promise<readonly string[]> {
  const migrations = await readMigrations(folder)
  const client = await pool.connect()
  try {
    // A change of a large table takes as long as it takes, and so does the turn of who waits for it.
    await client.query('set statement_timeout = 0')
    await client.query('select pg_advisory_lock($1)', [advisoryLock])
    try {
      return await applyMissing(client, migrations, clock)
    } finally {
      await client.query('select pg_advisory_unlock($1)', [advisoryLock])
      await client.query('reset statement_timeout')
    }
  } finally {
    client.release()
  }
}

async function applyMissing(
  client: pg.PoolClient,
  migrations: readonly Migration[],
  clock: Clock,
): Promise<readonly string[]> {
  await client.query(
    'create table if not exists migrations (number integer primary key, name text not null, applied_at timestamptz not null)',
  )
  const { rows } = await client.query<{ number: number | null }>('select max(number) as number from migrations')
  const found = rows[0]?.number ?? 0
  const known = migrations.at(-1)?.number ?? 0
  if (found > known) throw new FabriqueError('database_newer', { found, known })
  const applied: string[] = []
  for (const migration of migrations) {
    if (migration.number <= found) continue
    await applyOne(client, migration, clock)
    applied.push(migration.name)
  }
  return applied
}

async function applyOne(client: pg.PoolClient, migration: Migration, clock: Clock): Promise<void> {
  await client.query('begin')
  try {
    await client.query(migration.sql)
    await client.query('insert into migrations (number, name, applied_at) values ($1, $2, $3)', [
      migration.number,
      migration.name,
      clock.now(),
    ])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    const reason = error instanceof Error ? error.message : String(error)
    throw new FabriqueError('migration_failed', { migration: migration.name, reason }, { cause: error })
  }
}
