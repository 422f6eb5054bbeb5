// The servers of the tracking benchmark: Fabrique, and a genuine MLflow on its default store and on our PostgreSQL.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addressOf, postgresOf } from '../support/postgres.mjs'
import { freePort, root, start, untilAnswers } from '../support/processes.mjs'

const startTimeoutMs = 240_000

/** `fabrique server` with its database in a new folder. */
export async function startFabrique() {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-tracking-'))
  const port = await freePort()
  const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
  const args = [program, 'server', folder, '--port', String(port), '--data-dir', join(folder, 'data')]
  const env = { ...process.env, FABRIQUE_LOG_FORMAT: 'off' }
  const server = start(process.execPath, args, { cwd: folder, env, stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  await untilAnswers(`${url}/health`, undefined, startTimeoutMs)
  const postgres = postgresOf(join(folder, 'data'))
  return {
    name: 'Fabrique',
    url,
    pid: server.pid,
    postgres,
    /** For psycopg2. */
    database: addressOf(postgres, 'fabrique'),
    async stop() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** `mlflow server` as installed: four workers. Without `uri` it takes its default store, a SQLite file in its folder. */
export async function startMlflow(python, name, uri) {
  const folder = mkdtempSync(join(tmpdir(), 'mlflow-bench-tracking-'))
  const port = await freePort()
  const store = uri === undefined ? [] : ['--backend-store-uri', uri]
  const args = ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), ...store]
  mkdirSync(join(folder, 'home'))
  // Four workers of its default pool would take every connection that the embedded database has; 36 are more than enough
  // for 20 clients.
  const pool =
    uri === undefined ? {} : { MLFLOW_SQLALCHEMYSTORE_POOL_SIZE: '5', MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW: '4' }
  const env = { ...process.env, ...pool, MLFLOW_DISABLE_TELEMETRY: 'true', HOME: join(folder, 'home') }
  const server = start(python, args, { cwd: folder, env, stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    // The server starts workers and a job runner, which are in its process group.
    try {
      process.kill(-server.pid, 'SIGTERM')
    } catch {}
    await server.exited
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await untilAnswers(`${url}/health`, undefined, startTimeoutMs)
  } catch (error) {
    await stop()
    throw error
  }
  return { name, url, pid: server.pid, uri: uri ?? `sqlite:///${join(folder, 'mlflow.db')}`, stop }
}
