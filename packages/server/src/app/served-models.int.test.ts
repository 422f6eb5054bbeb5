import type { TrainingRequestInput } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSnapshot } from '../../test/support/make-snapshot.js'
import { openTrainingApp, type TrainingApp } from '../../test/support/training-app.js'
import { moveAlias } from '../contexts/registry/index.js'
import {
  type ModelServer,
  mountServingRoutes,
  openModelServer,
  servingFromRegistry,
} from '../contexts/serving/index.js'

let suite: TrainingApp
let models: ModelServer

/** What is to be learnt stands in the rows without noise, so that each right answer is known. */
const customers = `
  with given as (
    select i, case when i % 11 = 0 then null else (i % 60)::double end as age, (i % 7)::bigint as visits,
      case when i % 13 = 0 then null else ['north', 'south', 'west'][i % 3 + 1] end as region, i % 2 = 0 as member,
      case when i % 17 = 0 then null else timestamp '2022-01-01' + to_hours((i * 7 % 900)::integer * 24 + 5) end as joined
    from range(1000) t(i)
  )
  select * exclude (i),
    3.5 * visits + case when member then 10 else 0 end + case region when 'north' then 100 when 'south' then 200 else 0 end as spend,
    age is null or age > 40 as gone,
    (visits > 3)::bigint as grade,
    ['0', '__proto__', 'a/b: “c” "d"', 'é 😀'][visits % 4 + 1] as label,
    case when joined is null then 7.0 else year(joined) end as vintage
  from given`

beforeAll(async () => {
  suite = await openTrainingApp(['customers'], (app, ctx) => {
    models = openModelServer({
      ...servingFromRegistry(ctx, { threads: 1 }),
      defaultModel: undefined,
      preferredModels: async () => [],
    })
    mountServingRoutes(app, { models, actorOf: () => ctx.actor })
  })
  await makeSnapshot(suite.ctx, {
    project: 'p',
    dataset: 'customers',
    columns: {
      age: 'number',
      visits: 'integer',
      region: 'category',
      member: 'boolean',
      joined: 'timestamp',
      spend: 'number',
      gone: 'boolean',
      grade: 'integer',
      label: 'text',
      vintage: 'number',
    },
    parts: [customers],
  })
})
afterAll(async () => {
  await models?.close()
  await suite?.close()
})

/** Trains, makes the result champion, and gives the signature that it is served with. */
async function serve(model: string, request: Omit<TrainingRequestInput, 'snapshot'>) {
  const asked = { snapshot: 'customers', register: model, ...request }
  const { job } = await suite.ok('POST', '/api/v1/projects/p/trainings', asked)
  expect(await suite.over(job.id)).toMatchObject({ state: 'succeeded', result: { model, version: '1' } })
  await moveAlias({ ctx: suite.ctx, input: { model, alias: 'champion', version: '1', reason: 'test' } })
  await models.reconcile()
  const { items } = await suite.ok('GET', '/api/v1/endpoints')
  const endpoint = items.find((each: { model: string }) => each.model === model)
  expect(endpoint).toMatchObject({ state: 'ready' })
  return endpoint.signature
}

const ask = (model: string, body: object) => suite.ok('POST', `/api/v1/models/${model}/predict`, body)
const refused = (model: string, body: object) => suite.send('POST', `/api/v1/models/${model}/predict`, body)

describe('a regression', () => {
  test('answers with a number; takes integers, truth values, categories, missing and unseen ones', async () => {
    const signature = await serve('spend', {
      target: 'spend',
      features: ['visits', 'member', 'region'],
      estimator: { kind: 'linear_regression' },
    })
    expect(signature).toMatchObject({
      task: 'regression',
      target: { name: 'spend', classes: [] },
      features: [
        { name: 'visits', type: 'integer', nullable: true, min: 0, max: 6 },
        { name: 'member', type: 'boolean', nullable: true },
        { name: 'region', type: 'category', nullable: true, takes_unseen: true, values: ['north', 'south', 'west'] },
      ],
      example: { visits: expect.any(Number), member: expect.any(Boolean), region: expect.any(String) },
    })
    const one = await ask('spend', { features: { visits: 4, member: true, region: 'south' } })
    expect(one).toEqual({
      prediction: expect.closeTo(224, 1),
      model: 'spend',
      version: '1',
      request_id: expect.any(String),
    })
    const { predictions } = await ask('spend', {
      features: [
        [0, false, 'north'],
        { visits: 2, member: false, region: null },
        { visits: 2, member: false },
        [2, false, 'elsewhere'],
      ],
    })
    expect(predictions.map(({ prediction }: { prediction: number }) => Math.round(prediction))).toEqual([
      100,
      7,
      7,
      expect.any(Number),
    ])
    expect(await refused('spend', { features: [1.5, false, 'north'] })).toMatchObject({
      status: 400,
      body: { code: 'feature_value_wrong', field: 'visits', detail: expect.stringContaining('or null') },
    })
    expect(await refused('spend', { features: { vists: 1, member: true } })).toMatchObject({
      status: 400,
      body: { code: 'feature_names_wrong' },
    })
  })

  test('takes moments as texts and as milliseconds, and their absence', async () => {
    const signature = await serve('vintage', {
      target: 'vintage',
      task: 'regression',
      features: ['joined'],
      estimator: { kind: 'hist_gradient_boosting_regressor' },
    })
    const example = signature.example.joined
    expect(example).toMatch(/^202\d-\d\d-\d\dT05:00:00.000Z$/)
    expect(signature.features).toEqual([
      {
        name: 'joined',
        type: 'timestamp',
        nullable: true,
        min: expect.any(Number),
        max: expect.any(Number),
      },
    ])
    const { predictions } = await ask('vintage', {
      features: [['2022-06-01T12:00:00Z'], ['2023-06-01 12:00'], [Date.UTC(2023, 5, 1, 12)], [null], [example]],
    })
    const years = predictions.map(({ prediction }: { prediction: number }) => Math.round(prediction))
    expect(years).toEqual([2022, 2023, 2023, 7, Number(example.slice(0, 4))])
    expect(await refused('vintage', { features: ['June'] })).toMatchObject({
      status: 400,
      body: { code: 'feature_value_wrong', field: 'joined' },
    })
  })
})

describe('a classification', () => {
  test('of truth values has the classes false and true, and learns from what is missing', async () => {
    const signature = await serve('gone', {
      target: 'gone',
      features: ['age', 'region', 'joined', 'member'],
      estimator: { kind: 'hist_gradient_boosting_classifier' },
    })
    expect(signature.target).toEqual({ name: 'gone', classes: ['false', 'true'] })
    const rest = { region: 'north', joined: '2022-05-05', member: true }
    const { predictions } = await ask('gone', {
      features: [
        { ...rest, age: 20 },
        { ...rest, age: 55 },
        { ...rest, age: null },
        { age: 20, region: null, joined: null, member: null },
        { age: 55, region: 'elsewhere', joined: 0, member: 0 },
      ],
    })
    expect(predictions.map(({ prediction }: { prediction: string }) => prediction)).toEqual([
      'false',
      'true',
      'true',
      'false',
      'true',
    ])
    for (const { prediction, probabilities } of predictions) {
      expect(probabilities.false + probabilities.true).toBeCloseTo(1, 5)
      expect(probabilities[prediction]).toBeGreaterThan(0.9)
    }
  })

  test('of whole numbers has them as texts', async () => {
    const signature = await serve('grade', {
      target: 'grade',
      features: ['visits'],
      estimator: { kind: 'logistic_regression' },
    })
    expect(signature.target.classes).toEqual(['0', '1'])
    const { predictions } = await ask('grade', { features: [[0], [6]] })
    expect(predictions).toEqual([
      { prediction: '0', probabilities: { 0: expect.any(Number), 1: expect.any(Number) } },
      { prediction: '1', probabilities: { 0: expect.any(Number), 1: expect.any(Number) } },
    ])
  })

  test('without probabilities has scores, under any name of a class', async () => {
    const signature = await serve('label', {
      target: 'label',
      features: ['visits', 'region'],
      // Each count of visits is a category of its own: the classes are then apart.
      columns: [
        { columns: ['visits'], steps: [{ kind: 'one_hot_encoder' }] },
        { columns: ['region'], steps: [{ kind: 'one_hot_encoder' }] },
      ],
      estimator: { kind: 'linear_svc' },
    })
    const classes = ['0', '__proto__', 'a/b: “c” "d"', 'é 😀']
    expect(signature.target.classes).toEqual([...classes].sort())
    const { predictions } = await ask('label', { features: [0, 1, 2, 3].map((visits) => [visits, 'north']) })
    for (const [index, answer] of predictions.entries()) {
      expect(Object.keys(answer)).toEqual(['prediction', 'scores'])
      expect(answer.prediction).toBe(classes[index])
      const scores = Object.entries<number>(answer.scores)
      expect(scores.map(([name]) => name).sort()).toEqual([...classes].sort())
      const [best] = scores.sort(([, a], [, b]) => b - a)
      expect(best?.[0]).toBe(classes[index])
    }
  })
})
