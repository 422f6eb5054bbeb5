import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FlowSuite, openFlowSuite } from '../../../../test/support/flow-suite.js'
import { query, transact } from './statements.js'
import { wakeAfterJobs } from './wake-runs.js'

let suite: FlowSuite
beforeAll(async () => {
  suite = await openFlowSuite()
})
afterAll(() => suite?.close())

/** That this connection has read of tables and not told the statistics yet. */
const rowsRead = 'select sum(seq_tup_read + idx_tup_fetch)::integer as rows from pg_stat_xact_user_tables'

/** Suspended runs of one step each, which has a job or not. */
async function suspended(flow: string, count: number, hasJob: boolean) {
  await suite.rows(
    `insert into flow_runs (id, project, flow, state_type, state_name, origin, scheduled_for, requested_at, requested_by,
       waits_for_job)
     select $1 || to_char(at, 'FM000000'), 'test', $1, 'PAUSED', 'Suspended', 'manual', now(), now(), 'test', $3
     from generate_series(1, $2::int) as at`,
    [flow, count, hasJob],
  )
  await suite.rows(
    `insert into flow_steps (run_id, name, kind, position, state_type, state_name, job)
     select id, 'train', 'train', 0, 'PAUSED', 'Suspended', case when $2 then 'job_' || id end from flow_runs where flow = $1`,
    [flow, hasJob],
  )
}

test('a job that is over wakes its run, however many others are not over', async () => {
  await suspended('training', 2_500, true)
  await wakeAfterJobs(suite.database.db, async (jobs) => new Set(jobs.filter((job) => job === 'job_training002500')))
  expect(await suite.rows(`select id from flow_runs where flow = 'training' and ready_at is not null`)).toEqual([
    { id: 'training002500' },
  ])
  await suite.rows('delete from flow_runs')
})

test('runs that wait for no job are not looked at', async () => {
  await suspended('sleeping', 20_000, false)
  const asked: (readonly string[])[] = []
  const read = await transact(suite.database.db, async (tx) => {
    await query(tx, 'set local enable_seqscan = off', [])
    const [before] = await query<{ rows: number }>(tx, rowsRead, [])
    await wakeAfterJobs(tx, async (jobs) => {
      asked.push(jobs)
      return new Set()
    })
    const [after] = await query<{ rows: number }>(tx, rowsRead, [])
    return (after?.rows ?? 0) - (before?.rows ?? 0)
  })
  expect(asked).toEqual([])
  expect(read).toBe(0)
})
