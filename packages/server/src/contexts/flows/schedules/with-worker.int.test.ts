import { afterAll, beforeAll, expect, test } from 'vitest'
import { declareFlow } from '../../../../test/support/declared-flow.js'
import { type FlowSuite, flowOf, openFlowSuite } from '../../../../test/support/flow-suite.js'
import { backfillFlow, setFlowLimit, startFlow, startScheduler } from './index.js'

let suite: FlowSuite
beforeAll(async () => {
  suite = await openFlowSuite()
})
afterAll(() => suite?.close())

const runsOf = (flow: string, state: string) =>
  suite.rows<{ id: string; scheduled_for: Date; started_at: Date; ended_at: Date }>(
    'select * from flow_runs where flow = $1 and state_type = $2 order by scheduled_for',
    [flow, state],
  )

test('a schedule that queues runs its moments one after the other, and the worker is told of each', async () => {
  const overlap = 'queue' as const
  await declareFlow(suite.ctx, 'test', 'queued', {
    schedules: [{ name: 'often', every_ms: 1000, overlap, catch_up: 'all' }],
  })
  await suite.start([flowOf('queued', async () => ({ kind: 'completed', result: null }))])
  const began = performance.now()
  // Five moments are due at once: the later ones wait for those before.
  const readNow = async () => new Date(suite.clock.now().getTime() + 5_000 + performance.now() - began)
  const scheduler = startScheduler({ ctx: suite.ctx, events: suite.events, readNow, pollMs: 3_600_000 })
  try {
    await expect.poll(async () => (await runsOf('queued', 'COMPLETED')).length).toBeGreaterThan(5)
  } finally {
    await scheduler.close()
  }
  const runs = await runsOf('queued', 'COMPLETED')
  for (const [index, run] of runs.entries()) {
    const before = runs[index - 1]
    if (before !== undefined) expect(run.started_at.getTime()).toBeGreaterThanOrEqual(before.ended_at.getTime())
  }
})

test('a back-fill is taken in its order, after what is due', async () => {
  const order: string[] = []
  await declareFlow(suite.ctx, 'test', 'filled', { schedules: [{ name: 'hourly', every_ms: 3_600_000 }] })
  const range = { from: '2026-11-01T00:00:00Z', to: '2026-11-01T05:00:00Z' }
  const of = { project: 'test', flow: 'filled' }
  await backfillFlow({ ctx: suite.ctx, input: { ...of, ...range } })
  await startFlow({ ctx: suite.ctx, input: of })
  const execute = flowOf('filled', async ({ run }) => {
    order.push(run.origin === 'manual' ? 'manual' : run.scheduledFor.toISOString().slice(11, 13))
    return { kind: 'completed', result: null }
  })
  await suite.start([{ ...execute, concurrency: 1 }])
  await expect.poll(() => order.length).toBe(6)
  expect(order).toEqual(['manual', '00', '01', '02', '03', '04'])
})

test('runs of a flow with a named limit hold its slots in turn, over all workers', async () => {
  await setFlowLimit({ ctx: suite.ctx, input: { limit: 'gpu', slots: 2 } })
  await declareFlow(suite.ctx, 'test', 'limited', { limits: ['gpu'] })
  let atOnce = 0
  let most = 0
  const limited = flowOf(
    'limited',
    async () => {
      atOnce += 1
      most = Math.max(most, atOnce)
      await new Promise((resolve) => setImmediate(resolve))
      atOnce -= 1
      return { kind: 'completed', result: null }
    },
    { limits: ['gpu'] },
  )
  await Promise.all([suite.start([limited]), suite.start([limited]), suite.start([limited])])
  for (let count = 0; count < 30; count += 1)
    await startFlow({ ctx: suite.ctx, input: { project: 'test', flow: 'limited' } })
  await expect.poll(async () => (await runsOf('limited', 'COMPLETED')).length).toBe(30)
  expect(most).toBeLessThanOrEqual(2)
  expect(await suite.rows('select from flow_limit_slots')).toEqual([])
})
