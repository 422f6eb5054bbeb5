import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  completed,
  insertLines,
  insertRow,
  insertRun,
  insertStep,
  insertWorker,
  running,
} from '../../../../test/support/flow-rows.js'
import { testStart } from '../../../../test/support/test-clock.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { inTransaction } from '../../../platform/index.js'
import { putArtifact } from '../../artifacts/index.js'
import { recordLineage } from '../../lineage/index.js'
import { filesKeyOf, flowFilesFolder } from './flow-files.js'
import { tidyUpFlows } from './tidy-up.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())
beforeEach(async () => {
  await sql`truncate flow_runs, flow_cache, flow_workers cascade`.execute(suite.ctx.db)
})

const daysAgo = (days: number) => new Date(testStart.getTime() - days * 86_400_000)
const endedBefore = (days: number) => ({ ...completed, ended_at: daysAgo(days), scheduled_for: daysAgo(days) })
const idsIn = async (table: string, column = 'id') => {
  const { rows } = await sql<{
    id: string
  }>`select distinct ${sql.ref(column)} as id from ${sql.table(table)} order by 1`.execute(suite.ctx.db)
  return rows.map(({ id }) => id)
}
const retention = { runsKeptDays: 30, logsKeptDays: 14 }

test('what is over for longer than it is kept goes with all that belongs to it; what is open stays', async () => {
  const { db } = suite.ctx
  const runs = {
    flow_new: endedBefore(13),
    flow_mid: endedBefore(15),
    flow_old: endedBefore(31),
    flow_open: { ...running, scheduled_for: daysAgo(90), started_at: daysAgo(90) },
  }
  for (const [id, values] of Object.entries(runs)) {
    await insertRun(db, id, values)
    await insertStep(db, id, 'load', 0)
    await insertLines(db, id, ['one', 'two'])
    await insertRow(db, 'flow_artifacts', { run_id: id, key: 'a', at: testStart, content: '{}' })
  }
  await tidyUpFlows(suite.ctx, retention)
  expect(await idsIn('flow_runs')).toEqual(['flow_mid', 'flow_new', 'flow_open'])
  expect(await idsIn('flow_steps', 'run_id')).toEqual(['flow_mid', 'flow_new', 'flow_open'])
  expect(await idsIn('flow_artifacts', 'run_id')).toEqual(['flow_mid', 'flow_new', 'flow_open'])
  expect(await idsIn('flow_logs', 'run_id')).toEqual(['flow_new', 'flow_open'])
  expect(await idsIn('flow_log_counts', 'run_id')).toEqual(['flow_new', 'flow_open'])
})

test('the newest loop of a model stays, and the child of a run that is open', async () => {
  const { db } = suite.ctx
  const loop = { ...endedBefore(60), flow: 'loop', model: 'churn', origin: 'loop' }
  await insertRun(db, 'flow_loop1', { ...loop, scheduled_for: daysAgo(61) })
  await insertRun(db, 'flow_loop2', loop)
  await insertRun(db, 'flow_parent', { ...running, started_at: daysAgo(90) })
  await insertRun(db, 'flow_child', { ...endedBefore(60), origin: 'flow', origin_of: 'flow_parent' })
  await insertRun(db, 'flow_orphan', { ...endedBefore(60), origin: 'flow', origin_of: 'flow_gone' })
  await tidyUpFlows(suite.ctx, retention)
  expect(await idsIn('flow_runs')).toEqual(['flow_child', 'flow_loop2', 'flow_parent'])
})

test('nothing goes where days are 0, and logs go with their runs where only theirs are', async () => {
  const { db } = suite.ctx
  await insertRun(db, 'flow_old', endedBefore(5000))
  await insertLines(db, 'flow_old', ['one'])
  await tidyUpFlows(suite.ctx, { runsKeptDays: 0, logsKeptDays: 0 })
  expect(await idsIn('flow_logs', 'run_id')).toEqual(['flow_old'])
  await tidyUpFlows(suite.ctx, { runsKeptDays: 30, logsKeptDays: 0 })
  expect(await idsIn('flow_runs')).toEqual([])
})

test('with a run go its files, also those that it never told of, and its reports are told as erased', async () => {
  const { ctx } = suite
  const step = 'Compare people'
  const report = { kind: 'drift_report', id: `flow_old/${filesKeyOf(step)}` } as const
  for (const [run, days] of [
    ['flow_old', 31],
    ['flow_mid', 15],
  ] as const) {
    await insertRun(ctx.db, run, endedBefore(days))
    await insertStep(ctx.db, run, step, 0, { kind: 'drift' })
    const path = `${flowFilesFolder(run)}/${filesKeyOf(step)}/drift.json`
    await putArtifact({ ctx, input: { path, content: new TextEncoder().encode('{}') } })
  }
  await inTransaction(ctx, (inner) =>
    recordLineage(inner, { things: [{ ...report, label: 'people', keep: true }], steps: [] }),
  )
  await tidyUpFlows(ctx, retention)
  const files = await sql<{ path: string }>`select path from artifacts`.execute(ctx.db)
  expect(files.rows.map(({ path }) => path.split('/')[1])).toEqual(['flow_mid'])
  const erased = await sql`select id from lineage_nodes where erased_at is not null`.execute(ctx.db)
  expect(erased.rows).toEqual([{ id: report.id }])
})

test('more than one piece goes, past what is kept among it', async () => {
  const { db } = suite.ctx
  await sql`
    insert into flow_runs (id, project, flow, state_type, state_name, origin, origin_of, model, scheduled_for, requested_at, ended_at, requested_by)
    select 'flow_' || n, 'demo', 'load', 'COMPLETED', 'Completed', 'loop', null, case when n <= 450 then 'm' || n end,
      ${daysAgo(60)}::timestamptz, now(), ${daysAgo(60)}::timestamptz + (n / 100) * interval '1 s', 'local'
    from generate_series(1, 1000) n
  `.execute(db)
  await sql`
    insert into flow_logs (run_id, position, at, level, stream, text)
    select 'flow_1000', n, now(), 20, 'log', 'x' from generate_series(1, 45000) n
  `.execute(db)
  await insertRow(db, 'flow_log_counts', { run_id: 'flow_1000', lines: 45_000 })
  await tidyUpFlows(suite.ctx, retention)
  expect((await idsIn('flow_runs')).length).toBe(450)
  expect(await idsIn('flow_logs', 'run_id')).toEqual([])
})

test('results that are not used again and workers that ended long ago go', async () => {
  const { db } = suite.ctx
  const cached = { result: '1', made_by: 'flow_a', made_at: testStart }
  await insertRow(db, 'flow_cache', { key: 'old', ...cached, expires_at: sql`now() - interval '1 s'` })
  await insertRow(db, 'flow_cache', { key: 'new', ...cached, expires_at: sql`now() + interval '1 minute'` })
  await insertWorker(db, 'work_alive', [])
  await insertWorker(db, 'work_old', [], { ended_at: sql`now() - interval '8 days'` })
  await tidyUpFlows(suite.ctx, retention)
  expect(await idsIn('flow_cache', 'key')).toEqual(['new'])
  expect(await idsIn('flow_workers')).toEqual(['work_alive'])
})
