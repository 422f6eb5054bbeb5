import type { FlowStep } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { completed, failed, insertRun, insertStep, running } from '../../../../test/support/flow-rows.js'
import { type FlowSuite, flowOf, openFlowSuite, step } from '../../../../test/support/flow-suite.js'
import { listFlowSteps } from './list-steps.js'
import { retryFlowRun } from './retry-run.js'

let suite: FlowSuite
beforeAll(async () => {
  suite = await openFlowSuite()
})
afterAll(() => suite?.close())
beforeEach(async () => {
  await sql`truncate flow_runs cascade`.execute(suite.ctx.db)
})

const retry = (input: Partial<Parameters<typeof retryFlowRun>[0]['input']> = {}) =>
  retryFlowRun({ ctx: suite.ctx, input: { flow_run: 'flow_a', ...input } })
const stepsOf = async (flow_run: string): Promise<readonly FlowStep[]> =>
  (await listFlowSteps({ ctx: suite.ctx, input: { flow_run } })).items

describe('a run that is run again', () => {
  beforeEach(async () => {
    const { db } = suite.ctx
    await insertRun(db, 'flow_a', {
      ...failed,
      params: '{"month":"x"}',
      priority: 5,
      tags: ['t'],
      version: 'v1',
      depth: 2,
    })
    await insertStep(db, 'flow_a', 'load', 0, { result: '{"rows":3}' })
    await insertStep(db, 'flow_a', 'score', 1, { result: '7', after: ['load'], taken_from: 'flow_older' })
    await insertStep(db, 'flow_a', 'send', 2, {
      ...failed,
      after: ['score'],
      error: '{"code":"internal_error","params":{}}',
    })
  })

  test('stems from the schedule that its first run stems from', async () => {
    const moment = new Date('2026-11-01T06:00:00Z')
    await sql`update flow_runs set origin = 'schedule', origin_of = 'nightly', scheduled_for = ${moment}`.execute(
      suite.ctx.db,
    )
    const first = await retry({ from: 'start' })
    await sql`update flow_runs set state_type = 'FAILED', ended_at = now(), ready_at = null where id = ${first.id}`.execute(
      suite.ctx.db,
    )
    const second = await retry({ flow_run: first.id, from: 'start' })
    const stemsFrom: unknown[] = []
    await suite.start([
      {
        project: 'demo',
        flow: 'load',
        version: 'v2',
        async execute({ run }) {
          stemsFrom.push(run.startedBy)
          return { kind: 'completed', result: null }
        },
      },
    ])
    await suite.until(second.id, 'COMPLETED Completed')
    expect(stemsFrom).toEqual([{ name: 'nightly', moment }])
    await suite.stopWorkers()
  })

  test('takes over what completed before the step that failed, for whichever code there is now', async () => {
    const run = await retry({ reason: 'fixed' })
    expect(run).toMatchObject({
      state: { type: 'SCHEDULED', name: 'Scheduled' },
      origin: 'retry',
      origin_of: 'flow_a',
      params: { month: 'x' },
      priority: 5,
      tags: ['t'],
      reason: 'fixed',
      steps_done: 2,
      steps_total: 2,
    })
    expect(run).not.toHaveProperty('version')
    expect(await stepsOf(run.id)).toMatchObject([
      { name: 'load', result: { rows: 3 }, taken_from: 'flow_a', idempotency_key: 'flow_a:load', attempts: [] },
      { name: 'score', result: 7, taken_from: 'flow_older', idempotency_key: 'flow_older:score', after: ['load'] },
    ])
    const rows = await suite.rows('select depth from flow_runs where id = $1', [run.id])
    expect(rows).toEqual([{ depth: 2 }])
  })

  test('takes over nothing from its start, and less from a step', async () => {
    expect(await retry({ from: 'start' })).toMatchObject({ steps_total: 0 })
    expect(await stepsOf((await retry({ step: 'score' })).id)).toMatchObject([{ name: 'load' }])
  })

  test('is recorded once', async () => {
    const before = await suite.rows('select id from audit')
    const run = await retry()
    const audit = await suite.rows<{ id: number; verb: string; subject: string }>(
      'select id, verb, subject from audit order by id',
    )
    expect(audit.slice(before.length)).toMatchObject([{ subject: `flow-runs/${run.id}` }])
  })

  test('is refused while it is open, and where it has no such step', async () => {
    await expect(retry({ step: 'other' })).rejects.toMatchObject({ code: 'flow_step_not_found' })
    await insertRun(suite.ctx.db, 'flow_open', running)
    await expect(retryFlowRun({ ctx: suite.ctx, input: { flow_run: 'flow_open' } })).rejects.toMatchObject({
      code: 'flow_run_is_open',
      params: { state: 'Running' },
    })
    await insertRun(suite.ctx.db, 'flow_done', completed)
    const done = retryFlowRun({ ctx: suite.ctx, input: { flow_run: 'flow_done' } })
    await expect(done).rejects.toMatchObject({ code: 'flow_run_not_failed' })
    const gone = retryFlowRun({ ctx: suite.ctx, input: { flow_run: 'flow_x' } })
    await expect(gone).rejects.toMatchObject({ code: 'flow_run_not_found' })
    expect((await retryFlowRun({ ctx: suite.ctx, input: { flow_run: 'flow_done', from: 'start' } })).origin).toBe(
      'retry',
    )
  })
})

test('a worker goes on after what was taken over, with newer code', async () => {
  const ran: string[] = []
  let isBroken = true
  const flow = (version: string) =>
    flowOf(
      'sums',
      async (session) => {
        const run = (name: string, value: number) =>
          step(session, name, async () => {
            ran.push(name)
            return value
          })
        const one = await run('one', 1)
        const { kind } = await session.beginStep({ name: 'two', kind: 'run', after: ['one'] })
        expect(kind).toBe('begun')
        if (isBroken) {
          const failure = { code: 'internal_error', params: {} }
          await session.endStep('two', { kind: 'failed', failure })
          return { kind: 'failed', failure }
        }
        await session.endStep('two', { kind: 'completed', result: '2' })
        return { kind: 'completed', result: one + 2 }
      },
      { version },
    )
  await suite.start([flow('v1')])
  const { id } = await suite.ask('sums')
  await suite.until(id, 'FAILED Failed')
  await suite.stopWorkers()
  isBroken = false
  await suite.start([flow('v2')])
  const again = await retryFlowRun({ ctx: suite.ctx, input: { flow_run: id } })
  await suite.until(again.id, 'COMPLETED Completed')
  expect(ran).toEqual(['one'])
  const [row] = await suite.rows('select version, result from flow_runs where id = $1', [again.id])
  expect(row).toEqual({ version: 'v2', result: 3 })
  await suite.stopWorkers()
})
