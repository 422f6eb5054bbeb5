import type { TrainingRequestInput } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSnapshot } from '../../test/support/make-snapshot.js'
import { irisColumns, irisRows, openTrainingApp, type TrainingApp } from '../../test/support/training-app.js'
import { deleteAlias, getModelVersion, moveAlias, registerVersion } from '../contexts/registry/index.js'
import { openModelServer, servingFromRegistry } from '../contexts/serving/index.js'

let suite: TrainingApp

beforeAll(async () => {
  suite = await openTrainingApp(['iris'])
  await makeSnapshot(suite.ctx, { project: 'p', dataset: 'iris', columns: irisColumns, parts: [irisRows] })
})
afterAll(() => suite?.close())

async function train(request: TrainingRequestInput): Promise<void> {
  const { job } = await suite.ok('POST', '/api/v1/projects/p/trainings', request)
  expect(await suite.over(job.id)).toMatchObject({
    state: 'succeeded',
    result: { model: request.register, version: '1' },
  })
  await moveAlias({
    ctx: suite.ctx,
    input: { model: request.register ?? '', alias: 'champion', version: '1', reason: 'test' },
  })
}

test('a trained classifier and a trained regressor are registered and served', async () => {
  await train({ snapshot: 'iris', target: 'species', estimator: { kind: 'gaussian_nb' }, register: 'flowers' })
  await train({
    snapshot: 'iris',
    target: 'petal_width',
    features: ['petal_length', 'species'],
    estimator: { kind: 'k_neighbors_regressor' },
    register: 'widths',
  })
  const widths = await getModelVersion({ ctx: suite.ctx, input: { model: 'widths', version: '1' } })
  expect(widths.signature).toMatchObject({
    task: 'regression',
    target: { name: 'petal_width', classes: [] },
    features: [
      { name: 'petal_length', type: 'number', min: expect.any(Number) },
      { name: 'species', type: 'text', values: ['setosa', 'versicolor', 'virginica'] },
    ],
  })
  const models = openModelServer({
    ...servingFromRegistry(suite.ctx, { threads: 1 }),
    defaultModel: undefined,
    preferredModels: async () => [],
  })
  try {
    await models.reconcile()
    const answer = await models.predict('flowers', { features: [5.1, 3.5, 1.4, 0.2] })
    expect(answer.predictions[0]).toMatchObject({ prediction: 'setosa' })
    const width = await models.predict('widths', { features: [1.4, 'setosa'] })
    expect(width.predictions).toEqual([{ prediction: expect.closeTo(0.2, 1) }])
    expect(models.endpoints().map(({ model }) => model)).toEqual(['flowers', 'widths'])
  } finally {
    await models.close()
  }
})

test('a champion that cannot be served is told of where it is meant, and is never the default by chance', async () => {
  const { ctx } = suite
  const stray = async (model: string) => {
    const folder = { source: `mlflow-artifacts:/1/${model}/model`, artifact_path: `1/${model}/model` }
    await registerVersion({ ctx, input: { model, run_id: ctx.ids.hex32(), ...folder } })
    await moveAlias({ ctx, input: { model, alias: 'champion', version: '1', reason: 'test' } })
  }
  await stray('stray-1')
  await stray('stray-2')
  await deleteAlias({ ctx, input: { model: 'widths', alias: 'champion', reason: 'test' } })
  const served = openModelServer({
    ...servingFromRegistry(ctx, { threads: 1 }),
    defaultModel: undefined,
    preferredModels: async () => [],
  })
  const meant = openModelServer({
    ...servingFromRegistry(ctx, { threads: 1 }),
    defaultModel: undefined,
    preferredModels: async () => ['stray-2'],
  })
  try {
    await Promise.all([served.reconcile(), meant.reconcile()])
    expect(served.defaultModel()).toBe('flowers')
    await deleteAlias({ ctx, input: { model: 'flowers', alias: 'champion', reason: 'test' } })
    await Promise.all([served.reconcile(), meant.reconcile()])
    expect(() => served.defaultModel()).toThrowError(expect.objectContaining({ code: 'no_default_model' }))
    expect(meant.defaultModel()).toBe('stray-2')
    await expect(meant.predict('stray-2', { features: [1] })).rejects.toMatchObject({ code: 'model_file_invalid' })
  } finally {
    await served.close()
    await meant.close()
  }
})
