import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeSnapshot } from '../../test/support/make-snapshot.js'
import { irisColumns, irisRows, openTrainingApp, type TrainingApp } from '../../test/support/training-app.js'
import {
  mountFeedback,
  mountPredictionRoutes,
  openPredictionLog,
  type PredictionLog,
} from '../contexts/predictions/index.js'
import { moveAlias } from '../contexts/registry/index.js'
import { decideRollouts, mountRolloutRoutes, openTraffic, type Traffic } from '../contexts/rollouts/index.js'
import {
  type ModelServer,
  mountServingRoutes,
  openModelServer,
  servingFromRegistry,
} from '../contexts/serving/index.js'

let suite: TrainingApp
let models: ModelServer
let traffic: Traffic
let log: PredictionLog

beforeAll(async () => {
  suite = await openTrainingApp(['flowers'], (app, ctx) => {
    log = openPredictionLog({ ctx, process: 'p1', share: 1, definitionOf: () => undefined })
    models = openModelServer({
      ...servingFromRegistry(ctx, { threads: 1 }),
      defaultModel: undefined,
      predictionLog: log,
      ahead: async () => {
        await traffic.refresh()
        return traffic.versions()
      },
    })
    traffic = openTraffic({ ctx, process: 'p1', models, count: log.count })
    mountServingRoutes(app, { models, traffic, actorOf: () => ctx.actor })
    mountPredictionRoutes(app, () => ctx)
    mountFeedback(app, () => ctx)
    mountRolloutRoutes(app, () => ctx)
  })
  await makeSnapshot(suite.ctx, { project: 'p', dataset: 'flowers', columns: irisColumns, parts: [irisRows] })
})
afterAll(async () => {
  await traffic?.close()
  await models?.close()
  await log?.close()
  await suite?.close()
})

const champion = async (version: string) => {
  await moveAlias({ ctx: suite.ctx, input: { model: 'flowers', alias: 'champion', version, reason: 'test' } })
  await models.reconcile()
}
test('three versions are made, the last bad on purpose', async () => {
  const train = async (estimator: object, seed: number) => {
    const asked = { snapshot: 'flowers', register: 'flowers', target: 'species', estimator, seed }
    const { job } = await suite.ok('POST', '/api/v1/projects/p/trainings', asked)
    expect(await suite.over(job.id)).toMatchObject({ state: 'succeeded' })
  }
  const forest = { kind: 'random_forest_classifier', params: { n_estimators: 5 } }
  await train(forest, 1)
  await train(forest, 2)
  // It says the same of every flower.
  await train({ kind: 'dummy_classifier', params: { strategy: 'most_frequent' } }, 1)
})

describe('with the first as champion', () => {
  beforeEach(() => champion('1'))

  const start = async (request: object) => {
    const rollout = await suite.ok('POST', '/api/v1/models/flowers/rollouts', request)
    await models.reconcile()
    return rollout
  }
  const read = (rollout: { id: string }) => suite.ok('GET', `/api/v1/rollouts/${rollout.id}`)
  const end = (rollout: { id: string }, how: string) => suite.ok('POST', `/api/v1/rollouts/${rollout.id}/end`, { how })

  /** Three kinds of flowers. */
  const flowers = [
    [5.1, 3.5, 1.4, 0.2],
    [6.0, 2.7, 4.2, 1.3],
    [6.9, 3.1, 5.8, 2.2],
  ]

  interface Answer {
    readonly version: string
    readonly prediction: string
    readonly prediction_id: string
  }

  async function ask(count: number): Promise<Answer[]> {
    const answers: Answer[] = []
    for (let index = 0; index < count; index += 1) {
      const reply = await suite.app.inject({
        method: 'POST',
        url: '/api/v1/models/flowers/predict',
        headers: { 'x-assignment-key': `user-${index}` },
        payload: { features: flowers[index % 3] },
      })
      expect(reply.statusCode).toBe(200)
      answers.push(reply.json())
    }
    await log.flush()
    await traffic.flush()
    return answers
  }

  const countOf = (answers: readonly Answer[], version: string) =>
    answers.filter((one) => one.version === version).length
  const step = (share: number) => [{ share, seconds: 1 }]

  /** Time goes on, and the figures are looked at. */
  async function decide(): Promise<void> {
    suite.clock.advance(2000)
    await decideRollouts(suite.ctx)
    await models.reconcile()
  }

  describe('a canary', () => {
    test('made bad on purpose is rolled back by itself, with its reasons; nobody got an error', async () => {
      const rollout = await start({
        kind: 'canary',
        version: '3',
        steps: [...step(0.5), ...step(0.9)],
        requests_min: 50,
      })
      const answers = await ask(600)
      expect(countOf(answers, '3')).toBeGreaterThan(230)
      expect(countOf(answers, '1') + countOf(answers, '3')).toBe(600)
      await decide()
      const done = await read(rollout)
      expect(done).toMatchObject({ state: 'rolled_back' })
      expect(done.log[0].reason).toMatch(/population stability index/)
      expect(countOf(await ask(30), '1')).toBe(30)
    })

    test('as good as the base goes through its steps, and is promoted', async () => {
      const rollout = await start({
        kind: 'canary',
        version: '2',
        steps: [...step(0.4), ...step(0.8)],
        requests_min: 50,
      })
      const first = await ask(200)
      await decide()
      expect(await read(rollout)).toMatchObject({ state: 'running', step: 1 })
      const second = await ask(200)
      // Who had the candidate keeps it.
      for (const [index, { version }] of first.entries()) if (version === '2') expect(second[index]?.version).toBe('2')
      expect(countOf(second, '2')).toBeGreaterThan(countOf(first, '2'))
      await decide()
      expect(await read(rollout)).toMatchObject({ state: 'promoted' })
      expect(countOf(await ask(30), '2')).toBe(30)
    })

    test('leaves requests that name a version or an alias alone', async () => {
      const rollout = await start({ kind: 'canary', version: '3', steps: step(1), requests_min: 1 })
      for (const path of ['flowers/versions/1', 'flowers@champion']) {
        const reply = await suite.ok('POST', `/api/v1/models/${path}/predict`, { features: flowers[0] })
        expect(reply.version).toBe('1')
      }
      await end(rollout, 'roll_back')
    })
  })

  test('a shadow is asked beside, and what differs is told; its answers are not given', async () => {
    const rollout = await start({ kind: 'shadow', version: '3' })
    const answers = await ask(60)
    expect(countOf(answers, '1')).toBe(60)
    await expect
      .poll(async () => {
        await traffic.flush()
        const { shadow } = await read(rollout)
        return shadow.compared + shadow.left_out
      })
      .toBe(60)
    const { shadow, variants } = await read(rollout)
    expect(variants).toMatchObject([
      { name: 'base', version: '1', share: 1 },
      { name: 'candidate', version: '3', share: 1 },
    ])
    // The dummy is right about a third.
    expect(shadow).toMatchObject({ failed: 0 })
    expect(shadow.equal).toBeGreaterThan(0)
    expect(shadow.equal).toBeLessThan(shadow.compared)
    expect(shadow.mean_difference).toBeGreaterThan(0.1)
    expect(shadow.examples[0]).toMatchObject({ base: { prediction: expect.any(String) }, candidate: expect.anything() })
    await end(rollout, 'end')
  })

  test('feedback on answers steers a bandit', async () => {
    const variants = ['1', '2'].map((version) => ({ name: `v${version}`, version }))
    const rollout = await start({ kind: 'bandit', variants, share_min: 0.1 })
    const answers = await ask(200)
    const items = answers.map(({ prediction_id, version }) => ({ prediction_id, reward: version === '2' ? 1 : 0 }))
    expect(await suite.ok('POST', '/feedback', { items })).toMatchObject({ recorded: 200 })
    await decide()
    const shifted = await read(rollout)
    expect(shifted.variants[1].share).toBeCloseTo(0.9, 3)
    expect(countOf(await ask(200), '2')).toBeGreaterThan(160)
    const { items: logged } = await suite.ok(
      'GET',
      `/api/v1/predictions?model=flowers&variant=${rollout.id}/v2/0&limit=5`,
    )
    expect(logged).toHaveLength(5)
    await end(rollout, 'end')
  })
})
