import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type LoopRun, type ModelDefinition, ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runLoop } from '../../../test/support/run-loop.js'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { applyProject } from '../projects/index.js'
import { getAlias, moveAlias, registerVersion } from '../registry/index.js'
import { getMetricHistory, getRun, searchRuns } from '../tracking/index.js'
import { checkModels, type PromotionRule, type TrainingTools } from '../training/index.js'
import { getLoopRun } from './request-loop.js'
import { trainingRegistry } from './training-registry.js'

let suite: TestContext
let projects = 0
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

type ModelInput = Partial<ModelDefinition>

/** A project with one model of 120 rows, whose values follow from size and place. */
async function projectWith(model: ModelInput): Promise<string> {
  projects += 1
  const name = `train${projects}`
  const folder = join(suite.folder, name)
  await mkdir(folder)
  const rows = Array.from({ length: 120 }, (_, at) => {
    const [size, place] = [(at * 7) % 50, at % 3 === 0 ? 'north' : 'south']
    const value = 2 * size + (place === 'north' ? 30 : 0) + Math.sin(at)
    const day = new Date(Date.UTC(2026, 0, 1 + at)).toISOString().slice(0, 10)
    return [day, place, size, value.toFixed(3), value > 60 ? 'high' : 'low', 1 + (at % 2)].join(',')
  })
  await writeFile(join(folder, 'data.csv'), `day,place,size,value,level,weight\n${rows.join('\n')}\n`)
  const definition = definitionOf(name, model)
  await applyProject({ ctx: suite.ctx, input: { folder, definition } })
  return name
}

function definitionOf(name: string, model: ModelInput): ProjectDefinition {
  return ProjectDefinition.parse({
    name,
    datasets: [
      {
        name: 'data',
        source: { kind: 'csv', paths: ['data.csv'] },
        columns: { day: { type: 'date' }, value: { type: 'number', unit: 'kWh' } },
      },
    ],
    models: [
      {
        name,
        task: 'regression',
        dataset: 'data',
        label: 'value',
        features: ['place', 'size'],
        ...model,
      },
    ],
  })
}

interface LoopOptions {
  readonly rule?: PromotionRule
  /** Runs each step so often, as a worker that dies after it does. */
  readonly times?: number
  /** Called when the registry was asked for the champion: first to score it, then to decide. */
  readonly onChampion?: (asked: number) => Promise<unknown>
}

/** Runs the loop once. */
async function loop(
  project: string,
  { rule, times = 1, onChampion = async () => {} }: LoopOptions = {},
): Promise<LoopRun> {
  const { ctx } = suite
  let asked = 0
  const trainingTools: TrainingTools = {
    ...trainingRegistry,
    async champion(own, model) {
      const champion = await trainingRegistry.champion(own, model)
      asked += 1
      await onChampion(asked)
      return champion
    },
    threads: 1,
    environment: () => ({ fabrique: 'test', git_commit: 'c0ffee' }),
  }
  const flow = await runLoop(suite, {
    project,
    model: project,
    options: { ingestTools: {}, trainingTools, promotionRule: () => rule },
    steps: (steps) => ({
      run: (name, action) =>
        steps.run(name, async () => {
          let result = await action()
          // The id of the run is chosen once: that step is over before another begins.
          for (let time = 1; time < times && name !== 'choose-run'; time += 1) result = await action()
          return result
        }),
    }),
  })
  expect(await readdir(ctx.blobs.stagingFolder)).toEqual([])
  return flow
}

async function runOf(flow: LoopRun) {
  const { info, data } = await getRun({ ctx: suite.ctx, input: { run_id: flow.result.run_id ?? '' } })
  return {
    info,
    params: Object.fromEntries(data.params.map(({ key, value }) => [key, value])),
    tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
    metrics: Object.fromEntries(data.metrics.map(({ key, value }) => [key, Number(value)])),
  }
}

const championOf = (model: string) => getAlias({ ctx: suite.ctx, input: { model, alias: 'champion' } })

test('a loop learns numbers from texts and numbers, on a split by time, with a weight', async () => {
  const project = await projectWith({
    estimator: { kind: 'hist_gradient_boosting_regressor', params: { max_iter: 30, min_samples_leaf: 5 } },
    split: { kind: 'time', column: 'day', test_share: 0.25 },
    weight: 'weight',
  })
  const flow = await loop(project)
  expect(flow).toMatchObject({
    state: 'succeeded',
    result: { version: '1', promoted: true, reason: 'First version' },
  })
  const { info, params, metrics, tags } = await runOf(flow)
  expect(info).toMatchObject({ status: 'FINISHED' })
  expect(params).toMatchObject({
    estimator: 'hist_gradient_boosting_regressor',
    target: 'value',
    task: 'regression',
    split: 'time: day',
    weight: 'weight',
    max_iter: '30',
    train_rows: '90',
    test_rows: '30',
  })
  expect(metrics.r2).toBeGreaterThan(0.8)
  expect(tags).toMatchObject({
    'fabrique.model': project,
    'fabrique.flow_run': flow.id,
    'fabrique.promotion': 'First version',
    'mlflow.source.git.commit': 'c0ffee',
  })
  expect((await championOf(project))?.signature).toMatchObject({
    task: 'regression',
    target: { name: 'value', unit: 'kWh' },
    // Rows may come as lists: the order is that of the declaration.
    features: [
      { name: 'place', type: 'text', values: ['north', 'south'] },
      { name: 'size', type: 'integer' },
    ],
  })
})

test('what runs again after a crash stands in its run once, and is one version', async () => {
  const project = await projectWith({
    estimator: { kind: 'mlp_regressor', params: { max_iter: 8, hidden_layer_sizes: [4] } },
  })
  const flow = await loop(project, { times: 2 })
  expect(flow).toMatchObject({ state: 'succeeded', result: { version: '1', promoted: true } })
  const run_id = flow.result.run_id ?? ''
  const stepsOf = async (metric_key: string) =>
    (await getMetricHistory({ ctx: suite.ctx, input: { run_id, metric_key } })).metrics.map(({ step }) => Number(step))
  expect(await stepsOf('training_loss')).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  for (const name of ['r2', 'rmse', 'fit_seconds']) expect(await stepsOf(name)).toEqual([0])
  expect((await runOf(flow)).tags['fabrique.promotion']).toBe('First version')
})

test('the rule of the project decides, on scores of the same rows, and the reason is told in both languages', async () => {
  const project = await projectWith({ estimator: { kind: 'ridge', params: {} }, promotion_rule: true })
  await loop(project)
  const seen: unknown[] = []
  const flow = await loop(project, {
    rule: ({ candidate, champion }) => {
      seen.push(candidate.rmse, champion.rmse, candidate.accuracy)
      return candidate.rmse < champion.rmse
    },
  })
  const { metrics, tags } = await runOf(flow)
  expect(seen).toEqual([expect.closeTo(metrics.rmse ?? 0, 4), metrics['champion.rmse'], Number.NaN])
  expect(seen[0]).toBe(seen[1])
  expect(flow.result).toMatchObject({ version: '2', promoted: false })
  expect(flow.result.reason).toMatch(/^Not promoted by the rule of the project: r2 \S+ against \S+ of version 1$/)
  const french = await getLoopRun({ ctx: suite.ctx, input: { flow_run: flow.id, language: 'fr' } })
  expect(french.result.reason).toBe(tags['fabrique.promotion_fr'])
  expect(french.result.reason).toMatch(/^Pas promue par la règle du projet : r2 /)
  expect((await championOf(project))?.version).toBe(1)
  // A worker that has not loaded the project cannot ask its rule.
  expect((await loop(project)).result).toMatchObject({ version: '3', promoted: false })
})

test.each([
  ['while a version is trained', 1],
  ['while it is decided', 2],
])('a champion that is moved %s is not replaced', async (_name, when) => {
  const { ctx } = suite
  const model = await projectWith({ estimator: { kind: 'ridge', params: {} } })
  await loop(model)
  const folder = { source: 'mlflow-artifacts:/1/x/model', artifact_path: '1/x/model' }
  await registerVersion({ ctx, input: { model, run_id: ctx.ids.hex32(), ...folder } })
  const move = () => moveAlias({ ctx, input: { model, alias: 'champion', version: '2', reason: 'by hand' } })
  const flow = await loop(model, { onChampion: async (asked) => asked === when && move() })
  expect(flow).toMatchObject({
    state: 'succeeded',
    result: {
      version: '3',
      promoted: false,
      reason: 'Not promoted: version 2 became champion meanwhile, and was not compared',
    },
  })
  expect((await championOf(model))?.version).toBe(2)
})

test('a competition and a search are declared too', async () => {
  const auto = await loop(await projectWith({ auto: { budget_seconds: 1 } }))
  expect(auto).toMatchObject({ state: 'succeeded' })
  const searched = await loop(
    await projectWith({
      task: 'classification',
      label: 'level',
      estimator: { kind: 'k_neighbors_classifier', params: {} },
      search: {
        method: 'grid',
        trials: 2,
        prune: false,
        metric: 'f1_macro',
        space: { n_neighbors: { kind: 'choice', values: [1, 60] } },
      },
    }),
  )
  const { info, params } = await runOf(searched)
  expect(params.n_neighbors).toBe('1')
  const filter = `tags."mlflow.parentRunId" = '${info.run_id}'`
  const { runs } = await searchRuns({ ctx: suite.ctx, input: { experiment_ids: [info.experiment_id], filter } })
  expect(runs).toHaveLength(2)
})

test.each<[string, ModelInput, string]>([
  [
    'data that cannot be learnt',
    { estimator: { kind: 'ridge', params: {} }, label: 'place', features: ['size'] },
    'training_data_unfit',
  ],
  [
    'a column that is not there',
    { estimator: { kind: 'ridge', params: {} }, features: ['height'] },
    'training_data_unfit',
  ],
])('%s: the loop fails at its run, which says why', async (_name, model, code) => {
  const flow = await loop(await projectWith(model))
  expect(flow).toMatchObject({ state: 'failed', stage: 'run', error: { code } })
  const { info, tags } = await runOf(flow)
  expect(info.status).toBe('FAILED')
  expect(tags['fabrique.error_code']).toBe(code)
})

test.each<[string, ModelInput, string]>([
  ['an unknown estimator', { estimator: { kind: 'oracle', params: {} } }, 'estimator_unknown'],
  ['an unknown parameter', { estimator: { kind: 'ridge', params: { aplha: 1 } } }, 'estimator_param_invalid'],
  ['a value out of range', { estimator: { kind: 'ridge', params: { alpha: -1 } } }, 'estimator_param_invalid'],
  ['another task', { estimator: { kind: 'gaussian_nb', params: {} } }, 'training_refused'],
  [
    'a metric of another task',
    { estimator: { kind: 'ridge', params: {} }, promote_metric: 'accuracy' },
    'invalid_request',
  ],
])('a project with %s is refused before anything runs', async (_name, model, code) => {
  await expect(checkModels(definitionOf('refused', model))).rejects.toMatchObject({ code })
})
