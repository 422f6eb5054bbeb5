import { sql } from 'kysely'
import type { Db } from '../../src/platform/index.js'
import { testStart } from './test-clock.js'

type Values = Readonly<Record<string, unknown>>

/** Inserts a row of which only what matters is named; JSON is given as text. */
async function insert(db: Db, table: string, values: Values): Promise<void> {
  const columns = Object.keys(values).map((column) => sql.ref(column))
  await sql`insert into ${sql.table(table)} (${sql.join(columns)}) values (${sql.join(Object.values(values))})`.execute(
    db,
  )
}

/** A run of flow `load` of project `demo` that was asked for just now, without a step. */
export async function insertRun(db: Db, id: string, values: Values = {}): Promise<string> {
  const state = { state_type: 'SCHEDULED', state_name: 'Scheduled' }
  const moments = { scheduled_for: testStart, requested_at: testStart }
  const run = { id, project: 'demo', flow: 'load', origin: 'manual', requested_by: 'local', ...state, ...moments }
  await insert(db, 'flow_runs', { ...run, ...values })
  return id
}

export const completed = {
  state_type: 'COMPLETED',
  state_name: 'Completed',
  started_at: testStart,
  ended_at: testStart,
}
export const failed = { ...completed, state_type: 'FAILED', state_name: 'Failed' }
export const running = { state_type: 'RUNNING', state_name: 'Running', started_at: testStart }

/** A step that completed at its first attempt. */
export async function insertStep(
  db: Db,
  run_id: string,
  name: string,
  position: number,
  values: Values = {},
): Promise<void> {
  const attempt = { attempts: 1, worker_id: 'work_1', attempt_started_at: testStart }
  await insert(db, 'flow_steps', { run_id, name, kind: 'run', position, ...attempt, ...completed, ...values })
}

export async function insertLines(
  db: Db,
  run_id: string,
  texts: readonly string[],
  values: Values = {},
): Promise<void> {
  for (const [at, text] of texts.entries()) {
    const line = { position: at + 1, at: testStart, level: 20, stream: 'log', text }
    await insert(db, 'flow_logs', { run_id, ...line, ...values })
  }
  await insert(db, 'flow_log_counts', { run_id, lines: texts.length })
}

/** A flow of project `demo` as it is applied. */
export async function insertFlow(db: Db, name: string, definition: Values = {}, values: Values = {}): Promise<void> {
  const whole = {
    name,
    version: 'v1',
    params_schema: { type: 'object' },
    schedules: [],
    triggers: [],
    limits: [],
    priority: 0,
    tags: [],
    ...definition,
  }
  const row = {
    project: 'demo',
    name,
    definition: JSON.stringify(whole),
    version: whole.version,
    applied_at: testStart,
  }
  await insert(db, 'flows', { ...row, ...values })
}

/** A worker that lives for a minute by the clock of the database. */
export async function insertWorker(db: Db, id: string, flows: readonly Values[], values: Values = {}): Promise<void> {
  const row = { id, host: 'here', pid: 7, started_at: testStart, runs_max: 4, flows: JSON.stringify(flows) }
  await insert(db, 'flow_workers', { ...row, lease_until: sql`clock_timestamp() + interval '1 minute'`, ...values })
}

export const insertRow = insert
