import type { RolloutRequest } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { openPredictionLog, recordFeedback } from '../predictions/index.js'
import { deleteModelVersion, getAlias, moveAlias, registerVersion } from '../registry/index.js'
import { changeShares, decideRollouts, endRollout, getRollout, listRollouts, startRollout } from './index.js'
import { taggedName } from './model.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

let made = 0
/** A model with three versions, of which the first is champion. */
async function makeModel(): Promise<string> {
  made += 1
  const model = `model-${made}`
  for (const run of ['r1', 'r2', 'r3']) {
    await registerVersion({
      ctx: suite.ctx,
      input: {
        model,
        run_id: `${model}-${run}`,
        source: `mlflow-artifacts:/1/${run}/model`,
        artifact_path: `1/${run}/model`,
        signature: {
          task: 'classification',
          features: [{ name: 'x', type: 'number' }],
          target: { name: 'y', classes: ['a', 'b'] },
          example: { x: 1 },
        },
      },
    })
  }
  await moveAlias({ ctx: suite.ctx, input: { model, alias: 'champion', version: '1', reason: '' } })
  return model
}

const start = (model: string, request: RolloutRequest | { readonly kind: string; readonly [key: string]: unknown }) =>
  startRollout({ ctx: suite.ctx, input: { model, request: request as RolloutRequest } })
const read = (rollout: string) => getRollout({ ctx: suite.ctx, input: { rollout } })
const championOf = async (model: string) =>
  (await getAlias({ ctx: suite.ctx, input: { model, alias: 'champion' } }))?.version

interface Seen {
  readonly variant: string
  readonly version: string
  readonly count: number
  readonly failed?: number
  readonly refused?: number
  readonly ms?: number
  /** What is predicted, in turn. */
  readonly outputs?: readonly string[]
  readonly reward?: number
}

/** Has variants of a roll-out answer, as a server would tell. */
async function answer(
  rollout: { readonly id: string; readonly model: string },
  seen: readonly Seen[],
  step = 0,
): Promise<void> {
  const log = openPredictionLog({
    ctx: suite.ctx,
    process: suite.ctx.ids.hex32(),
    share: 1,
    definitionOf: () => undefined,
  })
  const told: { prediction_id: string; reward: number }[] = []
  for (const { variant, version, count, failed = 0, refused = 0, ms = 2, outputs = ['a', 'b'], reward } of seen) {
    const by = { model: rollout.model, version, variant: taggedName({ id: rollout.id, step }, variant) }
    for (let index = 0; index < count; index += 1) {
      const isFailed = index < failed
      const isRefused = index < refused
      log.count(by, ms, isFailed ? 'failed' : isRefused ? 'refused' : 'answered')
      if (isFailed || isRefused) continue
      const prediction = outputs[index % outputs.length] ?? ''
      const id = log.keep({
        ...by,
        rows: [[1]],
        names: ['x'],
        predictions: [{ prediction, probabilities: { [prediction]: 1 } }],
        requestId: 'req',
        actor: 'local',
        durationMs: ms,
        bytes: 10,
      })
      if (id !== undefined && reward !== undefined)
        told.push({ prediction_id: id, reward: index % 100 < reward * 100 ? 1 : 0 })
      if (index % 500 === 499) suite.clock.advance(1000)
    }
    suite.clock.advance(1000)
  }
  await log.close()
  for (let from = 0; from < told.length; from += 1000) {
    await recordFeedback({ ctx: suite.ctx, input: { items: told.slice(from, from + 1000) } })
  }
}

const canary = {
  kind: 'canary',
  version: '2',
  steps: [
    { share: 0.1, seconds: 10 },
    { share: 0.5, seconds: 10 },
  ],
  requests_min: 20,
  reason: 'a better forest',
}

describe('a canary', () => {
  test('goes on step by step, and is promoted', async () => {
    const model = await makeModel()
    const rollout = await start(model, canary)
    expect(rollout).toMatchObject({ state: 'running', kind: 'canary', step: 0, started_by: 'local' })
    expect(rollout.variants).toEqual([
      { name: 'base', version: '1', share: 0.9 },
      { name: 'candidate', version: '2', share: 0.1 },
    ])
    await decideRollouts(suite.ctx)
    expect((await read(rollout.id)).step).toBe(0)

    await answer(rollout, [
      { variant: 'base', version: '1', count: 900 },
      { variant: 'candidate', version: '2', count: 100 },
    ])
    // Enough requests, but not long enough.
    await decideRollouts(suite.ctx)
    expect(await read(rollout.id)).toMatchObject({
      step: 0,
      figures: [
        { name: 'base', answered: 900, error_rate: 0 },
        { name: 'candidate', answered: 100 },
      ],
      checks: expect.arrayContaining([
        expect.objectContaining({ check: 'requests', state: 'holds', value: 100, limit: 20 }),
        expect.objectContaining({ check: 'time', state: 'unknown', limit: 10 }),
        expect.objectContaining({ check: 'sample_ratio', state: 'holds' }),
      ]),
    })
    suite.clock.advance(10_000)
    await decideRollouts(suite.ctx)
    expect(await read(rollout.id)).toMatchObject({ step: 1, variants: [{ share: 0.5 }, { share: 0.5 }] })

    // A step needs requests of its own.
    suite.clock.advance(10_000)
    await decideRollouts(suite.ctx)
    expect((await read(rollout.id)).state).toBe('running')
    await answer(
      rollout,
      [
        { variant: 'base', version: '1', count: 100 },
        { variant: 'candidate', version: '2', count: 100 },
      ],
      1,
    )
    suite.clock.advance(10_000)
    await Promise.all([decideRollouts(suite.ctx), decideRollouts(suite.ctx)])
    const done = await read(rollout.id)
    expect(done).toMatchObject({ state: 'promoted', ended_by: 'local' })
    expect(done.log.map(({ what }) => what)).toEqual(['promoted', 'advanced', 'started'])
    expect(done.log[0]?.checks.length).toBeGreaterThan(4)
    expect(await championOf(model)).toBe(2)
    const { rows } = await sql<{ verb: string; reason: string }>`
      select verb, reason from audit where subject like ${`models/${model}%`} and verb in ('rollouts.decide_rollout', 'registry.move_alias')
      order by id`.execute(suite.ctx.db)
    expect(rows.map(({ verb }) => verb)).toEqual([
      'registry.move_alias',
      'rollouts.decide_rollout',
      'rollouts.decide_rollout',
      'registry.move_alias',
    ])
    expect(rows.at(-1)?.reason).toContain(rollout.id)
  })

  test.each([
    ['fails', { count: 100, failed: 60 }, /failed requests are 60 % above those of the base/],
    ['is slow', { count: 150, ms: 40 }, /95 % of the answers take up to (19|20|21)\.\d\d times as long/],
    ['predicts otherwise', { count: 300, outputs: ['b'] }, /population stability index of \d/],
    ['is less liked', { count: 900, reward: 0.1 }, /the mean reward is 0\.\d+ below that of the base/],
  ] as const)('that %s is rolled back with its reason', async (_, seen, reason) => {
    const model = await makeModel()
    const rollout = await start(model, canary)
    await answer(rollout, [
      { variant: 'base', version: '1', count: 900, reward: 0.6 },
      { variant: 'candidate', version: '2', ...seen },
    ])
    await decideRollouts(suite.ctx)
    const done = await read(rollout.id)
    expect(done.state).toBe('rolled_back')
    expect(done.log[0]).toMatchObject({ what: 'rolled_back', reason: expect.stringMatching(reason) })
    expect(done.checks.some(({ state }) => state === 'violated')).toBe(true)
    expect(await championOf(model)).toBe(1)
    const { rows } = await sql<{ reason: string }>`
      select reason from audit where subject = ${`models/${model}`} and verb = 'rollouts.decide_rollout'`.execute(
      suite.ctx.db,
    )
    expect(rows).toEqual([{ reason: done.log[0]?.reason }])
  })

  test('that refuses what the base answers is rolled back', async () => {
    const model = await makeModel()
    const rollout = await start(model, canary)
    await answer(rollout, [
      { variant: 'base', version: '1', count: 900 },
      { variant: 'candidate', version: '2', count: 100, refused: 100 },
    ])
    suite.clock.advance(20_000)
    await decideRollouts(suite.ctx)
    expect(await read(rollout.id)).toMatchObject({ state: 'rolled_back' })
    expect((await read(rollout.id)).log[0]?.reason).toMatch(/refused requests are 100 % above/)
  })

  test('does not go on while requests are not shared as they should', async () => {
    const model = await makeModel()
    const rollout = await start(model, canary)
    await answer(rollout, [
      { variant: 'base', version: '1', count: 500 },
      { variant: 'candidate', version: '2', count: 500 },
    ])
    suite.clock.advance(20_000)
    await decideRollouts(suite.ctx)
    const held = await read(rollout.id)
    expect(held).toMatchObject({ state: 'running', step: 0 })
    expect(held.checks.find(({ check }) => check === 'sample_ratio')?.state).toBe('violated')
  })

  test('waits for a person after its last step where it is asked to', async () => {
    const model = await makeModel()
    const rollout = await start(model, { ...canary, steps: [{ share: 0.5, seconds: 1 }], promote: false })
    await answer(rollout, [
      { variant: 'base', version: '1', count: 100 },
      { variant: 'candidate', version: '2', count: 100 },
    ])
    suite.clock.advance(20_000)
    await decideRollouts(suite.ctx)
    expect((await read(rollout.id)).state).toBe('running')
    await endRollout({ ctx: suite.ctx, input: { rollout: rollout.id, how: 'promote', reason: 'seen' } })
    expect(await championOf(model)).toBe(2)
    expect((await read(rollout.id)).state).toBe('promoted')
  })

  test('ends when somebody moves the alias meanwhile', async () => {
    const model = await makeModel()
    const rollout = await start(model, canary)
    await moveAlias({ ctx: suite.ctx, input: { model, alias: 'champion', version: '3', reason: 'by hand' } })
    await decideRollouts(suite.ctx)
    const done = await read(rollout.id)
    expect(done.state).toBe('ended')
    expect(done.log[0]?.reason).toContain('was moved to version 3')
    expect(await championOf(model)).toBe(3)
  })
})

test('a roll-out ends when one of its versions is deleted', async () => {
  const model = await makeModel()
  const variants = [
    { name: 'old', version: '1', weight: 1 },
    { name: 'new', version: '2', weight: 1 },
  ]
  const rollout = await start(model, { kind: 'split', variants })
  await deleteModelVersion({ ctx: suite.ctx, input: { model, version: '2' } })
  await decideRollouts(suite.ctx)
  const done = await read(rollout.id)
  expect(done.state).toBe('ended')
  expect(done.log[0]?.reason).toContain('version 2')
})

describe('a bandit', () => {
  test('gives more to what is liked more, and the least to all', async () => {
    const model = await makeModel()
    const variants = ['1', '2', '3'].map((version) => ({ name: `v${version}`, version }))
    const rollout = await start(model, { kind: 'bandit', variants, share_min: 0.1 })
    await answer(rollout, [
      { variant: 'v1', version: '1', count: 100, reward: 0.1 },
      { variant: 'v2', version: '2', count: 5, reward: 0.9 },
      { variant: 'v3', version: '3', count: 100, reward: 0.1 },
    ])
    // Too little is known of one.
    await decideRollouts(suite.ctx)
    expect((await read(rollout.id)).step).toBe(0)
    await answer(rollout, [{ variant: 'v2', version: '2', count: 100, reward: 0.6 }])
    await decideRollouts(suite.ctx)
    const shifted = await read(rollout.id)
    expect(shifted.variants.map(({ share }) => share)).toEqual([
      expect.closeTo(0.1, 2),
      expect.closeTo(0.8, 2),
      expect.closeTo(0.1, 2),
    ])
    expect(shifted.chances_of_best?.[1]).toBeGreaterThan(0.99)
    expect(shifted.log[0]).toMatchObject({ what: 'shares_changed' })
    // The same again is no change.
    await decideRollouts(suite.ctx)
    expect((await read(rollout.id)).log).toHaveLength(2)
  })
})

describe('a split', () => {
  test('shares by weight, which can be changed; one of its variants is promoted by hand', async () => {
    const model = await makeModel()
    const variants = [
      { name: 'old', version: '1', weight: 3 },
      { name: 'new', version: '2', weight: 1 },
    ]
    const rollout = await start(model, { kind: 'split', variants })
    expect(rollout.variants.map(({ share }) => share)).toEqual([0.75, 0.25])
    const change = (weights: Record<string, number>) =>
      changeShares({ ctx: suite.ctx, input: { rollout: rollout.id, weights, reason: 'even' } })
    expect((await change({ old: 1, new: 1 })).variants.map(({ share }) => share)).toEqual([0.5, 0.5])
    for (const wrong of [{ old: 1 }, { old: 1, new: 1, other: 1 }, { old: 0, new: 0 }]) {
      await expect(change(wrong as Record<string, number>)).rejects.toMatchObject({
        code: 'invalid_request',
        field: 'weights',
      })
    }
    const end = (variant?: string) =>
      endRollout({ ctx: suite.ctx, input: { rollout: rollout.id, how: 'promote', variant, reason: 'won' } })
    await expect(end()).rejects.toMatchObject({ field: 'variant' })
    await expect(end('other')).rejects.toMatchObject({ field: 'variant' })
    expect((await read(rollout.id)).state).toBe('running')
    expect((await end('new')).state).toBe('promoted')
    expect(await championOf(model)).toBe(2)
    await expect(end('new')).rejects.toMatchObject({ code: 'rollout_over' })
  })
})

describe('refused', () => {
  test('a second one of a model, also at the same moment', async () => {
    const model = await makeModel()
    const both = await Promise.allSettled([start(model, canary), start(model, canary)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(start(model, canary)).rejects.toMatchObject({ code: 'rollout_running' })
    const { items } = await listRollouts({ ctx: suite.ctx, input: { model } })
    expect(items).toHaveLength(1)
  })

  test('versions that do not exist, or stand there twice', async () => {
    const model = await makeModel()
    await expect(start(model, { ...canary, version: '9' })).rejects.toMatchObject({ code: 'model_version_not_found' })
    await expect(start(model, { ...canary, version: '1' })).rejects.toMatchObject({ field: 'variants' })
    await expect(start('nowhere', canary)).rejects.toMatchObject({ code: 'rollout_needs_champion' })
    await expect(start(model, { kind: 'shadow', version: 'x' })).rejects.toMatchObject({ code: 'invalid_request' })
    expect((await listRollouts({ ctx: suite.ctx, input: { model } })).items).toEqual([])
  })

  test('what does not exist', async () => {
    await expect(read('roll_nothing')).rejects.toMatchObject({ code: 'rollout_not_found' })
    await expect(listRollouts({ ctx: suite.ctx, input: { page_token: 'x' } })).rejects.toMatchObject({
      field: 'page_token',
    })
  })
})

test('what a model was asked is told to those only who may use it', async () => {
  const model = await makeModel()
  const { id } = await start(model, { kind: 'shadow', version: '2', share: 1 })
  const other = await makeModel()
  await start(other, { kind: 'shadow', version: '2', share: 1 })
  const ctx = { ...suite.ctx, actor: { ...suite.ctx.actor, models: new Set([other]) } }
  const refused = { code: 'model_not_granted', params: { model } }
  await expect(getRollout({ ctx, input: { rollout: id } })).rejects.toMatchObject(refused)
  await expect(listRollouts({ ctx, input: { model } })).rejects.toMatchObject(refused)
  const seen = await listRollouts({ ctx, input: { state: 'running' } })
  expect(seen.items.map((one) => one.model)).toEqual([other])
  const allowed = { ...ctx, actor: { ...ctx.actor, models: new Set([model]) } }
  expect(await getRollout({ ctx: allowed, input: { rollout: id } })).toMatchObject({ shadow: { examples: [] } })
})

test('the list is whole, page by page', async () => {
  const seen: string[] = []
  let page_token: string | undefined
  do {
    const page = await listRollouts({ ctx: suite.ctx, input: { limit: 2, page_token } })
    seen.push(...page.items.map(({ id }) => id))
    page_token = page.next_page_token
  } while (page_token !== undefined)
  const { rows } = await sql<{ id: string }>`select id from rollouts order by started_at desc, id desc`.execute(
    suite.ctx.db,
  )
  expect(seen).toEqual(rows.map(({ id }) => id))
  const running = await listRollouts({ ctx: suite.ctx, input: { state: 'running' } })
  expect(running.items.every(({ state }) => state === 'running')).toBe(true)
})
