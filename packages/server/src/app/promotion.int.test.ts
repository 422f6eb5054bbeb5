import type { TrainingRequestInput } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSnapshot } from '../../test/support/make-snapshot.js'
import { irisColumns, irisRows, openTrainingApp, type TrainingApp } from '../../test/support/training-app.js'
import { getAlias, listModelHistory, moveAlias, registerVersion } from '../contexts/registry/index.js'
import { getRun } from '../contexts/tracking/index.js'

let suite: TrainingApp

beforeAll(async () => {
  suite = await openTrainingApp(['iris', 'pair', 'days', 'coded'])
  const { ctx } = suite
  await makeSnapshot(ctx, { project: 'p', dataset: 'iris', columns: irisColumns, parts: [irisRows] })
  await makeSnapshot(ctx, {
    project: 'p',
    dataset: 'pair',
    columns: irisColumns,
    parts: [`${irisRows} where species <> 'setosa'`],
  })
  await makeSnapshot(ctx, {
    project: 'p',
    dataset: 'coded',
    columns: { place: 'number', size: 'number', value: 'number' },
    parts: ['select (i % 3)::double as place, i::double as size, sin(i) + i as value from range(60) t(i)'],
  })
  await makeSnapshot(ctx, {
    project: 'p',
    dataset: 'days',
    columns: { day: 'timestamp', place: 'text', size: 'number', value: 'number' },
    parts: [
      `select timestamp '2024-01-01' + to_days((i * 7 % 200)::integer) as day,
        case when i = 9 then null when i % 3 = 0 then 'north' else 'south' end as place,
        case when i = 5 then null else (i % 40)::double end as size,
        3.0 * (i % 40) + case when i % 3 = 0 then 25 else 0 end + sin(i) as value
       from range(200) t(i)`,
    ],
  })
})
afterAll(() => suite?.close())

/** Trains to the end, and gives what the job, the run and the registry say. */
async function train(request: TrainingRequestInput) {
  const { ctx } = suite
  const { job, run_id } = await suite.ok('POST', '/api/v1/projects/p/trainings', request)
  const { state, result, error } = await suite.over(job.id)
  expect({ state, error }).toEqual({ state: 'succeeded', error: undefined })
  const { info, data } = await getRun({ ctx, input: { run_id } })
  expect(info.status).toBe('FINISHED')
  return {
    result: result as Readonly<Record<string, unknown>>,
    metrics: Object.fromEntries(data.metrics.map(({ key, value }) => [key, Number(value)])),
    tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
    champion: await championOf(request.register ?? ''),
  }
}

const championOf = async (model: string) =>
  (await getAlias({ ctx: suite.ctx, input: { model, alias: 'champion' } }))?.version

const species: TrainingRequestInput = {
  snapshot: 'iris',
  target: 'species',
  estimator: { kind: 'gaussian_nb' },
  features: ['sepal_length', 'sepal_width'],
  promote: 'if_better',
}

describe('a version becomes champion', () => {
  test('when it is the first, and later when it is at least as good on the same rows', async () => {
    const request = { ...species, register: 'flowers' }
    const first = await train(request)
    expect(first).toMatchObject({
      result: { model: 'flowers', version: '1', promoted: true, reason: 'First version' },
      champion: 1,
    })
    expect(first.tags['fabrique.champion_version']).toBeUndefined()

    const worse = await train({ ...request, estimator: { kind: 'dummy_classifier' } })
    expect(worse).toMatchObject({ result: { version: '2', promoted: false }, champion: 1 })
    // The rows that are tested are the same, so the champion scores what it scored when it was trained.
    for (const name of ['accuracy', 'f1_macro', 'mcc']) {
      expect(worse.metrics[`champion.${name}`]).toBe(first.metrics[name])
    }
    expect(worse.metrics['champion.log_loss']).toBeCloseTo(first.metrics.log_loss ?? Number.NaN, 4)
    const figures = /^Not promoted: accuracy 0\.33\d* against 0\.[6-9]\d+ of version 1$/
    expect(worse.result.reason).toMatch(figures)
    expect(worse.tags).toMatchObject({
      'fabrique.champion_version': '1',
      'fabrique.promoted': 'false',
      'fabrique.promotion': expect.stringMatching(figures),
      'fabrique.promotion_fr': expect.stringMatching(
        /^Pas promue : accuracy 0,33\d* contre 0,[6-9]\d+ de la version 1$/,
      ),
    })

    const again = await train(request)
    expect(again).toMatchObject({ result: { version: '3', promoted: true }, champion: 3 })
    const history = await listModelHistory({ ctx: suite.ctx, input: { model: 'flowers', limit: 10 } })
    expect(JSON.stringify(history)).toContain(String(again.result.reason))
  })

  test('when it shall be, whatever it scores, and not when nobody asked', async () => {
    const request: TrainingRequestInput = { ...species, register: 'told' }
    await train(request)
    const poor = { kind: 'dummy_classifier' }
    const never = await train({ ...request, estimator: poor, promote: 'never' })
    expect(never).toMatchObject({ result: { version: '2' }, champion: 1 })
    expect(never.result.promoted).toBeUndefined()
    expect(never.metrics['champion.accuracy']).toBeUndefined()
    const always = await train({ ...request, estimator: poor, promote: 'always' })
    expect(always).toMatchObject({ result: { version: '3', promoted: true }, champion: 3 })
    expect(always.result.reason).toMatch(/^Promoted as asked: accuracy 0\.33\d* against 0\.[6-9]\d+ of version 1$/)
  })

  test('by the metric that is asked for, also of numbers, with texts, moments and values that are missing', async () => {
    const request: TrainingRequestInput = {
      snapshot: 'days',
      target: 'value',
      task: 'regression',
      estimator: { kind: 'random_forest_regressor', params: { n_estimators: 20 } },
      split: { kind: 'time', column: 'day', test_share: 0.25 },
      register: 'values',
      promote: 'if_better',
      promote_metric: 'mae',
    }
    const first = await train(request)
    const worse = await train({ ...request, estimator: { kind: 'dummy_regressor' } })
    expect(worse).toMatchObject({ result: { promoted: false }, champion: 1 })
    expect(worse.metrics['champion.mae']).toBeCloseTo(first.metrics.mae ?? Number.NaN, 4)
    expect(worse.metrics['champion.r2']).toBeCloseTo(first.metrics.r2 ?? Number.NaN, 6)
    expect(worse.result.reason).toMatch(/^Not promoted: mae \S+ against \S+ of version 1$/)
    // Equal files have equal scores, although a file computes in other digits than its trainer.
    expect(await train(request)).toMatchObject({ result: { promoted: true }, champion: 3 })
  })

  test('also beside one that reads other columns of the same rows', async () => {
    const request: TrainingRequestInput = { ...species, register: 'narrow', features: ['petal_length', 'petal_width'] }
    await train({ ...species, register: 'narrow' })
    const second = await train(request)
    expect(second).toMatchObject({ result: { version: '2', promoted: true }, champion: 2 })
    expect(second.metrics['champion.accuracy']).toBeLessThan(second.metrics.accuracy ?? 0)
  })
})

describe('a champion that cannot be scored stays, and the run says why', () => {
  const kept = async (request: TrainingRequestInput, why: RegExp, whyFr: RegExp) => {
    const before = await championOf(request.register ?? '')
    const { result, tags, metrics, champion } = await train(request)
    expect(champion).toBe(before)
    expect(result.promoted).toBe(false)
    expect(tags['fabrique.promotion']).toMatch(why)
    expect(tags['fabrique.promotion_fr']).toMatch(whyFr)
    expect(tags['fabrique.champion_version']).toBe(String(before))
    expect(Object.keys(metrics).filter((name) => name.startsWith('champion.'))).toEqual([])
  }

  test('since its columns are not there, its classes or its task are others', async () => {
    await train({ ...species, register: 'other' })
    await kept(
      { ...species, snapshot: 'pair', register: 'other' },
      /its classes are setosa, versicolor, virginica, and these are versicolor, virginica$/,
      /ses classes sont setosa, versicolor, virginica, et celles-ci versicolor, virginica$/,
    )
    await kept(
      { snapshot: 'days', target: 'value', estimator: { kind: 'ridge' }, ...promoted },
      /version 1 reads sepal_length, sepal_width, which the snapshot does not have$/,
      /que l’instantané n’a pas$/,
    )
    await kept(
      { snapshot: 'iris', target: 'petal_width', estimator: { kind: 'ridge' }, ...promoted },
      /it does classification, and this regression$/,
      /elle fait de la classification, et celle-ci de la régression$/,
    )
  })
  const promoted = { register: 'other', promote: 'if_better' } as const

  test('since a column holds something else now', async () => {
    const features = ['place', 'size']
    const request = { target: 'value', task: 'regression', estimator: { kind: 'ridge' }, features } as const
    await train({ ...request, snapshot: 'days', register: 'coded', promote: 'if_better' })
    await kept(
      { ...request, snapshot: 'coded', register: 'coded', promote: 'if_better' },
      /version 1, cannot be compared: its file takes string for place, which holds something else here$/,
      /son fichier prend string pour place, qui contient autre chose ici$/,
    )
  })

  test('since its file is not here, or none of ours', async () => {
    const { ctx } = suite
    const model = 'foreign'
    const { signature } = (await getAlias({ ctx, input: { model: 'flowers', alias: 'champion' } })) ?? {}
    const folder = { source: 'mlflow-artifacts:/1/foreign/model', artifact_path: '1/foreign/model' }
    const run_id = ctx.ids.hex32()
    await registerVersion({ ctx, input: { model, run_id, ...folder } })
    await moveAlias({ ctx, input: { model, alias: 'champion', version: '1', reason: '' } })
    await kept(
      { ...species, register: model },
      /version 1 is not an ONNX model that is kept here$/,
      /la version 1 n’est pas un modèle ONNX conservé ici$/,
    )
    const artifact_path = '1/gone/model'
    await registerVersion({
      ctx,
      input: { model, run_id, ...folder, artifact_path, signature: signature ?? undefined },
    })
    await moveAlias({ ctx, input: { model, alias: 'champion', version: '3', reason: '' } })
    await kept(
      { ...species, register: model },
      /the file of version 3 is not there, or is damaged$/,
      /le fichier de la version 3 est absent ou endommagé$/,
    )
  })
})
