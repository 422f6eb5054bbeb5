import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Declared, declareFlow, runsOfProject, setRunState } from '../../../../test/support/declared-flow.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import type { VerbContext } from '../../../platform/index.js'
import { query } from '../engine/statements.js'
import { backfillFlow, callWebhook, pauseFlow, startFlow } from './index.js'
import { fireDueSchedules } from './scheduler.js'
import { triggersOf } from './store.js'

let suite: TestContext
let ctx: VerbContext
beforeAll(async () => {
  suite = await openTestContext()
  ctx = suite.ctx
})
afterAll(() => suite?.close())

const flow = 'monthly'
const declare = (project: string, declared: Declared = {}) => declareFlow(ctx, project, flow, declared)

describe('a run that is asked for', () => {
  test('is there with what was asked', async () => {
    await declare('asked', { priority: 3, tags: ['nightly'] })
    const at = '2026-11-21T07:00:00.000Z'
    const input = {
      project: 'asked',
      flow,
      params: { month: '2026-10' },
      at,
      reason: 'late data',
      tags: ['mine', 'nightly'],
    }
    const { flow_run, is_new } = await startFlow({ ctx, input })
    expect(is_new).toBe(true)
    expect(await runsOfProject(ctx, 'asked')).toMatchObject([
      {
        id: flow_run,
        origin: 'manual',
        params: { month: '2026-10' },
        priority: 3,
        tags: ['nightly', 'mine'],
        scheduled_for: new Date(at),
        ready_at: new Date(at),
      },
    ])
  })

  test('is one for one key, however often and by however many it is asked for', async () => {
    await declare('keyed')
    const ask = (idempotency_key: string) => startFlow({ ctx, input: { project: 'keyed', flow, idempotency_key } })
    const asked = await Promise.all(Array.from({ length: 6 }, () => ask('a')))
    expect(new Set(asked.map(({ flow_run }) => flow_run)).size).toBe(1)
    expect(asked.filter(({ is_new }) => is_new)).toHaveLength(1)
    expect((await ask('b')).is_new).toBe(true)
  })

  test('is refused before it exists, with the field that is wrong', async () => {
    await declare('wrong')
    await expect(startFlow({ ctx, input: { project: 'wrong', flow, params: { month: 7 } } })).rejects.toMatchObject({
      code: 'flow_params_invalid',
      field: 'params.month',
      params: { flow, field: 'month', reason: 'must be string' },
    })
    await expect(startFlow({ ctx, input: { project: 'wrong', flow, params: { year: 7 } } })).rejects.toMatchObject({
      field: 'params.year',
    })
    await expect(startFlow({ ctx, input: { project: 'wrong', flow: 'weekly' } })).rejects.toMatchObject({
      code: 'flow_not_found',
    })
    expect(await runsOfProject(ctx, 'wrong')).toEqual([])
  })
})

describe('a webhook', () => {
  const hook = async (project: string, more: { params?: Record<string, string>; params_by_code?: boolean } = {}) => {
    await declare(project, { triggers: [{ kind: 'webhook', name: 'paid', ...more }] })
    const [trigger] = await triggersOf(ctx, { project, flow })
    return trigger?.token ?? ''
  }

  test('starts its flow with what was sent, over what is declared', async () => {
    const token = await hook('hook', { params: { month: '2026-01' } })
    expect(token).toMatch(/^[0-9a-f]{64}$/)
    await callWebhook({ ctx, input: { token, body: {} } })
    await callWebhook({ ctx, input: { token, body: { month: '2026-10' } } })
    const runs = await runsOfProject(ctx, 'hook')
    expect(runs).toMatchObject([
      { origin: 'webhook', origin_of: 'paid', params: { month: '2026-01' }, event: {} },
      { params: { month: '2026-10' }, event: { month: '2026-10' } },
    ])
  })

  test('starts one run for one key', async () => {
    const token = await hook('hook-key')
    const call = () => callWebhook({ ctx, input: { token, body: {}, idempotency_key: 'order-7' } })
    const calls = await Promise.all([call(), call(), call()])
    expect(new Set(calls.map(({ flow_run }) => flow_run)).size).toBe(1)
  })

  test('hands what was sent to code as it is', async () => {
    const token = await hook('hook-code', { params_by_code: true })
    await callWebhook({ ctx, input: { token, body: { order: { total: 7 } } } })
    expect(await runsOfProject(ctx, 'hook-code')).toMatchObject([{ params: {}, event: { order: { total: 7 } } }])
    const body = { order: 'x'.repeat(600_000) }
    await expect(callWebhook({ ctx, input: { token, body } })).rejects.toMatchObject({ code: 'flow_params_too_large' })
  })

  test('refuses what its flow does not take, an address that is none, and while the flow is paused', async () => {
    const token = await hook('hook-bad')
    const call = (given: string, body = {}) => callWebhook({ ctx, input: { token: given, body } })
    await expect(call(token, { year: 7 })).rejects.toMatchObject({ code: 'flow_params_invalid' })
    await expect(call('0'.repeat(64))).rejects.toMatchObject({ code: 'flow_webhook_not_found' })
    await pauseFlow({ ctx, input: { project: 'hook-bad', flow } })
    await expect(call(token)).rejects.toMatchObject({ code: 'flow_paused' })
    expect(await runsOfProject(ctx, 'hook-bad')).toEqual([])
  })

  test('keeps its address when the flow changes', async () => {
    const token = await hook('hook-stays')
    await declare('hook-stays', { triggers: [{ kind: 'webhook', name: 'paid' }], description: 'changed' })
    expect(await triggersOf(ctx, { project: 'hook-stays', flow })).toMatchObject([{ token }])
  })
})

describe('a back-fill', () => {
  const day = 86_400_000
  const daily = { name: 'daily', cron: '0 6 * * *', timezone: 'Europe/Paris' }
  const range = { from: '2026-10-24T00:00:00.000Z', to: '2026-10-27T00:00:00.000Z' }
  // Clocks were set back on the 25th.
  const moments = ['2026-10-24T04:00:00.000Z', '2026-10-25T05:00:00.000Z', '2026-10-26T05:00:00.000Z']
  const fill = (project: string, more: Partial<Parameters<typeof backfillFlow>[0]['input']> = {}) =>
    backfillFlow({ ctx, input: { project, flow, ...range, ...more } })

  test('tells its moments in a dry run, and starts nothing', async () => {
    await declare('dry', { schedules: [daily] })
    expect(await fill('dry', { dry_run: true })).toEqual({ moments: moments.map((at) => ({ at, skipped: false })) })
    expect(await runsOfProject(ctx, 'dry')).toEqual([])
  })

  test('runs each moment once, in order, after what is due', async () => {
    await declare('fill', { schedules: [daily], priority: 5 })
    const made = await fill('fill', { params: { month: '2026-10' } })
    const runs = await runsOfProject(ctx, 'fill')
    expect(runs.map((run) => run.scheduled_for.toISOString())).toEqual(moments)
    expect(made).toEqual({
      id: expect.stringMatching(/^back_/),
      moments: runs.map(({ id, scheduled_for }) => ({ at: scheduled_for.toISOString(), run: id, skipped: false })),
    })
    for (const run of runs) {
      expect(run).toMatchObject({
        origin: 'backfill',
        origin_of: 'daily',
        priority: 4,
        tags: [made.id],
        params: { month: '2026-10' },
      })
    }
    const ready = runs.map((run) => run.ready_at?.getTime() ?? 0)
    expect([...ready].sort((a, b) => a - b)).toEqual(ready)
    expect(Math.max(...ready)).toBeLessThanOrEqual(ctx.clock.now().getTime())
  })

  test('leaves out moments that have a run, or runs them again', async () => {
    await declare('again', { schedules: [daily] })
    const first = await fill('again')
    const [completed, failed, open] = first.moments.map(({ run }) => run ?? '')
    await setRunState(ctx, completed ?? '', 'COMPLETED')
    await setRunState(ctx, failed ?? '', 'FAILED')
    const skipped = async (again: 'none' | 'failed' | 'all') =>
      (await fill('again', { again, dry_run: true })).moments.map((moment) => moment.skipped)
    expect(await skipped('none')).toEqual([true, true, true])
    expect(await skipped('failed')).toEqual([true, false, true])
    expect(await skipped('all')).toEqual([false, false, true])
    expect(await fill('again')).toEqual({ moments: first.moments.map((moment) => ({ ...moment, skipped: true })) })
    const second = await fill('again', { again: 'failed' })
    expect(second.moments.map(({ run }) => run)).toEqual([completed, expect.not.stringMatching(failed ?? ''), open])
    // The newest run of the moment is open now.
    expect(await skipped('failed')).toEqual([true, true, true])
  })

  test('and the schedule itself run a moment once', async () => {
    await declare('both', { schedules: [{ name: 'hourly', every_ms: 3_600_000 }] })
    const due = new Date('2026-11-21T07:00:00.000Z')
    await fireDueSchedules(ctx, due)
    const later = { ...ctx, clock: { ...ctx.clock, now: () => due } }
    const filled = await backfillFlow({
      ctx: later,
      input: { project: 'both', flow, from: '2026-11-21T05:30:00Z', to: '2026-11-22T00:00:00Z' },
    })
    expect(filled.moments.map(({ at, skipped }) => [at, skipped])).toEqual([
      ['2026-11-21T06:00:00.000Z', false],
      ['2026-11-21T07:00:00.000Z', true],
    ])
    expect(await runsOfProject(ctx, 'both')).toHaveLength(2)
  })

  test('goes from the newest on demand', async () => {
    await declare('newest', { schedules: [daily] })
    const { moments: filled } = await fill('newest', { newest_first: true })
    expect(filled.map(({ at }) => at)).toEqual([...moments].reverse())
    const runs = await runsOfProject(ctx, 'newest')
    const byReady = [...runs].sort((a, b) => (a.ready_at?.getTime() ?? 0) - (b.ready_at?.getTime() ?? 0))
    expect(byReady.map((run) => run.scheduled_for.toISOString())).toEqual([...moments].reverse())
  })

  test('leaves out what is still to come', async () => {
    await declare('future', { schedules: [daily] })
    const from = '2026-11-20T00:00:00.000Z'
    const to = '2026-12-20T00:00:00.000Z'
    expect((await fill('future', { from, to, dry_run: true })).moments).toEqual([
      { at: '2026-11-20T05:00:00.000Z', skipped: false },
      { at: '2026-11-21T05:00:00.000Z', skipped: false },
    ])
  })

  test('is refused without a schedule that is meant, beyond its bound, and for parameters that are none', async () => {
    await declare('refused')
    await expect(fill('refused')).rejects.toMatchObject({ code: 'flow_schedule_needed', params: { count: 0 } })
    await declare('refused', { schedules: [daily, { name: 'fast', every_ms: 1000 }] })
    await expect(fill('refused')).rejects.toMatchObject({ code: 'flow_schedule_needed', params: { count: 2 } })
    await expect(fill('refused', { schedule: 'weekly' })).rejects.toMatchObject({ code: 'flow_schedule_not_found' })
    await expect(fill('refused', { schedule: 'fast' })).rejects.toMatchObject({ code: 'flow_backfill_too_long' })
    const params = { year: 7 }
    await expect(fill('refused', { schedule: 'daily', params })).rejects.toMatchObject({ code: 'flow_params_invalid' })
    expect(await runsOfProject(ctx, 'refused')).toEqual([])
  })

  test('of thousands of moments is one transaction', async () => {
    await declare('large', { schedules: [{ name: 'minutely', every_ms: 60_000 }] })
    const to = new Date(Date.parse('2026-11-01T00:00:00Z') + 3 * day).toISOString()
    await fill('large', { from: '2026-11-01T00:00:00.000Z', to })
    const [count] = await query<{ runs: number }>(
      ctx.db,
      `select count(distinct scheduled_for)::integer as runs from flow_runs where project = 'large'`,
      [],
    )
    expect(count?.runs).toBe(3 * 24 * 60)
  })
})
