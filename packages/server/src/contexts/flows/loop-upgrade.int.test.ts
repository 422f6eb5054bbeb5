import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testClock } from '../../../test/support/test-clock.js'
import { migrationsFolder, openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js'
import { migrate } from '../../platform/database/index.js'

let database: TestDatabase
let folder: string
beforeAll(async () => {
  database = await openTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'fabrique-migrations-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await database?.close()
})

test('runs of loops of before stay, and one that was open begins anew', async () => {
  const before = (await readdir(migrationsFolder)).filter((name) => name < '0032')
  for (const name of before) await cp(join(migrationsFolder, name), join(folder, name))
  const name = `upgraded_${process.pid}`
  await database.pool.query(`create database ${name}`)
  const url = new URL(database.url)
  url.pathname = `/${name}`
  const pool = new pg.Pool({ connectionString: url.toString() })
  // The database is dropped by force: a connection that is just being closed may hear of it.
  pool.on('error', () => {})
  try {
    await migrate(pool, folder, testClock())
    await pool.query(
      `insert into flow_runs (id, project, model, flow, state, stage, requested_by, reason, requested_at, started_at, ended_at, error, result)
       values ('flow_1', 'iris', 'iris', 'loop', 'succeeded', 'endpoint', 'local', 'why', '2026-01-01', '2026-01-01', '2026-01-02', null,
           '{"version":"1"}'),
         ('flow_2', 'iris', 'iris', 'loop', 'failed', 'checks', 'local', '', '2026-01-03', '2026-01-03', '2026-01-03',
           '{"code":"source_empty","params":{"source":"a.csv"}}', '{}'),
         ('flow_3', 'iris', 'iris', 'loop', 'running', 'run', 'local', '', '2026-01-04', '2026-01-04', null, null, '{"snapshot_id":"s"}')`,
    )
    await migrate(pool, migrationsFolder, testClock())
    const { rows } = await pool.query(
      `select id, flow, state_name, params, open_key, ready_at is not null as is_ready, error, stage, loop_runs.result
       from flow_runs join loop_runs on flow_run_id = id order by id`,
    )
    const common = { flow: 'loop', params: { model: 'iris' }, open_key: 'iris', is_ready: false, error: null }
    expect(rows).toEqual([
      { ...common, id: 'flow_1', state_name: 'Completed', stage: 'endpoint', result: { version: '1' } },
      {
        ...common,
        id: 'flow_2',
        state_name: 'Failed',
        error: { code: 'source_empty', params: { source: 'a.csv' } },
        stage: 'checks',
        result: {},
      },
      { ...common, id: 'flow_3', state_name: 'Scheduled', is_ready: true, stage: 'run', result: { snapshot_id: 's' } },
    ])
  } finally {
    await pool.end()
    await database.pool.query(`drop database ${name} with (force)`)
  }
})
