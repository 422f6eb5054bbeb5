import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { declareFlow, type RunOfFlow, runsOfProject, setRunState } from '../../../../test/support/declared-flow.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import type { VerbContext } from '../../../platform/index.js'
import { enqueueRun } from '../engine/enqueue-run.js'
import { query, transact } from '../engine/statements.js'
import { deleteFlowLimit, listFlowLimits, setFlowLimit } from './index.js'
import { rateLeftMs, releaseSlots, type SlotsToTake, sweepLimits, takeSlots } from './limits.js'

let suite: TestContext
let ctx: VerbContext
beforeAll(async () => {
  suite = await openTestContext()
  ctx = suite.ctx
})
afterAll(() => suite?.close())
afterEach(async () => {
  await query(ctx.db, 'delete from flow_runs', [])
  await query(ctx.db, 'delete from flow_limits', [])
})

const set = (limit: string, slots: number, rate?: { takes: number; per_ms: number }) =>
  setFlowLimit({ ctx, input: { limit, slots, ...(rate === undefined ? {} : { rate }) } })
const ask = async (priority = 0) => {
  const run = { project: 'limits', flow: 'any', params: {}, origin: 'manual' as const, priority }
  const { id } = await enqueueRun(ctx, { ...run, scheduledFor: ctx.clock.now(), readyAt: null })
  // Of equal priority, the one that was asked for first comes first.
  suite.clock.advance(1)
  return id
}
const take = (slots: SlotsToTake) => transact(ctx.db, (tx) => takeSlots(tx, slots))
const release = (run: string, step?: string) =>
  transact(ctx.db, (tx) => releaseSlots(tx, { run, ...(step === undefined ? {} : { step }) }))
/** As a worker leaves a run whose step found no slot: it is ready when its time is over, if nothing wakes it before. */
const waitFor = (limit: string, run: string) =>
  query(
    ctx.db,
    `update flow_runs set state_type = 'PAUSED', state_name = 'Suspended', ready_at = clock_timestamp() + interval '1 hour',
       waits_for_limit = $1 where id = $2`,
    [limit, run],
  )
const ready = async () => {
  const [now] = await query<{ at: Date }>(ctx.db, 'select clock_timestamp() as at', [])
  const isReady = ({ ready_at: at }: RunOfFlow) => at !== null && now !== undefined && at <= now.at
  return (await runsOfProject(ctx, 'limits')).filter(isReady).map(({ id }) => id)
}
const heldOf = async (name: string) =>
  (await listFlowLimits({ ctx, input: {} })).find((limit) => limit.name === name)?.held

describe('slots', () => {
  test('are held by as many as there are', async () => {
    await set('gpu', 2)
    const [a, b, c] = [await ask(), await ask(), await ask()]
    expect(await take({ run: a, limits: ['gpu'] })).toEqual({ taken: true })
    expect(await take({ run: b, step: 'train', limits: ['gpu'] })).toEqual({ taken: true })
    expect(await take({ run: c, limits: ['gpu'] })).toEqual({ taken: false, limit: 'gpu' })
    // Who has one keeps it, and takes no second one.
    expect(await take({ run: a, limits: ['gpu'] })).toEqual({ taken: true })
    await release(b, 'train')
    expect(await take({ run: c, limits: ['gpu'] })).toEqual({ taken: true })
    expect(await heldOf('gpu')).toBe(2)
  })

  test('are never more, though many take at once', async () => {
    await set('gpu', 3)
    const runs = await Promise.all(Array.from({ length: 20 }, () => ask()))
    const taken = await Promise.all(runs.map((run) => take({ run, limits: ['gpu'] })))
    expect(taken.filter((one) => one.taken)).toHaveLength(3)
    expect(await heldOf('gpu')).toBe(3)
  })

  test('of several limits are taken all or none', async () => {
    await set('gpu', 1)
    await set('api', 1)
    const [a, b] = [await ask(), await ask()]
    await take({ run: a, limits: ['api'] })
    expect(await take({ run: b, limits: ['gpu', 'api'] })).toEqual({ taken: false, limit: 'api' })
    expect(await heldOf('gpu')).toBe(0)
  })

  test('of two limits are taken in one order: no two wait for each other', async () => {
    await set('gpu', 100)
    await set('api', 100)
    const runs = await Promise.all(Array.from({ length: 20 }, () => ask()))
    const taken = await Promise.all(
      runs.map((run, index) => take({ run, limits: index % 2 === 0 ? ['gpu', 'api'] : ['api', 'gpu'] })),
    )
    expect(taken.every((one) => one.taken)).toBe(true)
  })

  test('are not asked for where nobody set the limit', async () => {
    expect(await take({ run: await ask(), limits: ['unknown'] })).toEqual({ taken: true })
  })

  test('that are given back wake the next, by priority and then by age', async () => {
    await set('gpu', 1)
    const holder = await ask()
    await take({ run: holder, limits: ['gpu'] })
    const [older, younger, first] = [await ask(), await ask(), await ask(5)]
    for (const run of [younger, first, older]) await waitFor('gpu', run)
    const woken: string[] = []
    for (let held = holder; woken.length < 3; held = woken.at(-1) ?? '') {
      await release(held)
      const [next = ''] = (await ready()).filter((id) => !woken.includes(id))
      expect(await take({ run: next, limits: ['gpu'] })).toEqual({ taken: true })
      woken.push(next)
    }
    expect(woken).toEqual([first, older, younger])
  })

  test('that became free unseen are found by a sweep, and those of runs that are over', async () => {
    await set('gpu', 1)
    const [holder, waiting] = [await ask(), await ask()]
    await take({ run: holder, limits: ['gpu'] })
    await waitFor('gpu', waiting)
    await sweepLimits(ctx.db)
    expect(await ready()).toEqual([])
    await setRunState(ctx, holder, 'COMPLETED')
    await sweepLimits(ctx.db)
    expect(await ready()).toEqual([waiting])
  })
})

describe('rates', () => {
  const olderBy = (ms: number) =>
    query(ctx.db, `update flow_limit_takes set taken_at = taken_at - $1 * interval '1 ms'`, [ms])

  test('let begin no more in a time than they say', async () => {
    await set('api', 100, { takes: 2, per_ms: 60_000 })
    const [a, b, c] = [await ask(), await ask(), await ask()]
    for (const run of [a, b]) {
      expect(await take({ run, limits: ['api'] })).toEqual({ taken: true })
      await release(run)
      await olderBy(20_000)
    }
    // The first was 40 s ago: it leaves the window in 20 s.
    const refused = await take({ run: c, limits: ['api'] })
    expect(refused).toEqual({ taken: false, limit: 'api', until: expect.any(Date) })
    const [now] = await query<{ at: Date }>(ctx.db, 'select clock_timestamp() as at', [])
    const leftMs = ('until' in refused ? (refused.until?.getTime() ?? 0) : 0) - (now?.at.getTime() ?? 0)
    expect(leftMs).toBeLessThanOrEqual(20_000)
    await olderBy(20_000)
    expect(await take({ run: c, limits: ['api'] })).toEqual({ taken: true })
  })

  test('count nothing that only goes on', async () => {
    await set('api', 100, { takes: 1, per_ms: 60_000 })
    const [a, b] = [await ask(), await ask()]
    await take({ run: a, limits: ['api'] })
    await release(a)
    expect(await take({ run: a, limits: ['api'], countsRate: false })).toEqual({ taken: true })
    expect(await take({ run: b, limits: ['api'] })).toMatchObject({ taken: false })
  })

  test('wake what waits for them when there is room, and not before', async () => {
    await set('api', 100, { takes: 1, per_ms: 60_000 })
    const [a, b, c] = [await ask(), await ask(), await ask()]
    expect(await rateLeftMs(ctx.db)).toBeUndefined()
    await take({ run: a, limits: ['api'] })
    for (const run of [b, c]) await waitFor('api', run)
    await release(a)
    await sweepLimits(ctx.db)
    expect(await ready()).toEqual([])
    expect(await rateLeftMs(ctx.db)).toBeGreaterThan(0)
    await olderBy(60_000)
    await sweepLimits(ctx.db)
    expect(await ready()).toEqual([b])
  })

  test('forget what is past', async () => {
    await set('api', 100, { takes: 1, per_ms: 1000 })
    await take({ run: await ask(), limits: ['api'] })
    await olderBy(1000)
    await take({ run: await ask(), limits: ['api'] })
    const rows = await query(ctx.db, 'select from flow_limit_takes', [])
    expect(rows).toHaveLength(1)
  })
})

describe('named limits', () => {
  test('are set, listed with what holds and waits, and taken away', async () => {
    await declareFlow(ctx, 'limits', 'any', { limits: ['gpu'] })
    expect(await set('gpu', 1)).toEqual({ name: 'gpu', slots: 1, held: 0, waiting: 0 })
    const [holder, waiting] = [await ask(), await ask()]
    await take({ run: holder, limits: ['gpu'] })
    await waitFor('gpu', waiting)
    // A run that has not begun waits as well: its flow takes a slot.
    const run = { project: 'limits', flow: 'any', params: {}, origin: 'manual' as const }
    await enqueueRun(ctx, { ...run, scheduledFor: ctx.clock.now() })
    expect(await listFlowLimits({ ctx, input: {} })).toEqual([{ name: 'gpu', slots: 1, held: 1, waiting: 2 }])
    const rate = { takes: 10, per_ms: 1000 }
    expect(await set('gpu', 1, rate)).toEqual({ name: 'gpu', slots: 1, rate, held: 1, waiting: 2 })
    await deleteFlowLimit({ ctx, input: { limit: 'gpu' } })
    expect(await ready()).toContain(waiting)
    await expect(deleteFlowLimit({ ctx, input: { limit: 'gpu' } })).rejects.toMatchObject({
      code: 'flow_limit_not_found',
    })
    const rows = await query<{ change: string }>(
      ctx.db,
      `select payload->>'change' as change from events where kind = 'flow_limit.changed' and payload->>'limit' = 'gpu' order by id desc limit 3`,
      [],
    )
    expect(rows.map(({ change }) => change)).toEqual(['deleted', 'set', 'set'])
  })

  test('with more slots let begin what waits', async () => {
    await set('gpu', 1)
    const [holder, a, b] = [await ask(), await ask(), await ask()]
    await take({ run: holder, limits: ['gpu'] })
    for (const run of [a, b]) await waitFor('gpu', run)
    await set('gpu', 2)
    expect(await ready()).toEqual([a])
  })
})
