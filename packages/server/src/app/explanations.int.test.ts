import { fileURLToPath } from 'node:url'
import {
  ComparisonRequest,
  type Explanation,
  ExplanationRequest,
  Json,
  type ModelComparison,
  ProjectDefinition,
  type RowExplanation,
  type TrainingRequestInput,
} from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSnapshot } from '../../test/support/make-snapshot.js'
import { openTestApp, type TestApp } from '../../test/support/test-app.js'
import { realClock } from '../../test/support/test-clock.js'
import { putArtifact } from '../contexts/artifacts/index.js'
import {
  compareModels,
  type ExplainerLine,
  explanationJob,
  mountExplanationRoutes,
  mountPredictionExplanations,
  openExplainerLine,
  openPredictionExplainer,
  type PredictionExplainer,
  startExplanation,
} from '../contexts/explanations/index.js'
import { getJob, type JobWorker, startJobWorker } from '../contexts/jobs/index.js'
import { applyProject } from '../contexts/projects/index.js'
import { getModelVersion, moveAlias, registerVersion } from '../contexts/registry/index.js'
import { mountTrainingRoutes } from '../contexts/training/index.js'
import { pollUntil } from '../kernel/index.js'
import { type EventStream, openEventStream } from '../platform/index.js'
import { jobHandlers } from './job-handlers.js'
import { trainingToolsOf } from './training-tools.js'

const iris = fileURLToPath(new URL('../../../../examples/iris/data/iris.csv', import.meta.url))

/** Customers whose leaving depends on how much they use, and on their plan; `region` says nothing. */
const customers = `select
    case when i % 17 = 0 then null else (i * 37 % 101)::double end as hours,
    (i * 53 % 29)::double as calls,
    ['basic', 'plus', 'max'][1 + i % 3] as plan,
    ['north', 'south'][1 + (i * 7 // 3) % 2] as region,
    case when (i * 37 % 101) + 8 * (i % 3) + (i * 71 % 41) < 62 then 'left' else 'stayed' end as state,
    (3 * (i * 53 % 29) + (i * 37 % 101) / 10.0 + (i * 71 % 41) / 20.0)::double as spent
  from range(600) as t(i)`

let suite: TestApp
let events: EventStream
let worker: JobWorker
let comparisons: ExplainerLine
let explainer: PredictionExplainer

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    comparisons = openExplainerLine({ threads: 1 })
    explainer = openPredictionExplainer(ctx, { threads: 1 })
    mountTrainingRoutes(app, () => ctx)
    mountExplanationRoutes(app, () => ctx, comparisons)
    mountPredictionExplanations(app, () => ctx, explainer)
  })
  const { ctx, database, folder } = suite
  events = openEventStream({ db: ctx.db, url: database.url, applicationName: 'test explanations', log: ctx.log })
  worker = await startJobWorker({
    ctx,
    url: database.url,
    events,
    handlers: jobHandlers({
      ingestTools: {},
      trainingTools: trainingToolsOf({ threads: 1, environment: () => ({}) }),
    }),
    pollMs: 50,
  })
  const names = ['iris', 'customers']
  const definition = ProjectDefinition.parse({
    name: 'p',
    datasets: names.map((name) => ({ name, source: { kind: 'csv', paths: [`${name}.csv`] } })),
    models: [],
  })
  await applyProject({ ctx, input: { folder, definition } })
  const measures = {
    sepal_length: 'number',
    sepal_width: 'number',
    petal_length: 'number',
    petal_width: 'number',
  } as const
  await makeSnapshot(ctx, {
    project: 'p',
    dataset: 'iris',
    columns: { ...measures, species: 'text' },
    parts: [`select * from read_csv('${iris}')`],
  })
  await makeSnapshot(ctx, {
    project: 'p',
    dataset: 'customers',
    columns: { hours: 'number', calls: 'number', plan: 'text', region: 'text', state: 'text', spent: 'number' },
    parts: [customers],
  })
  const state = { snapshot: 'customers', target: 'state', features: ['hours', 'calls', 'plan'] }
  await Promise.all([
    train({ ...state, estimator: forest, register: 'churn' }),
    train({ ...state, estimator: { kind: 'logistic_regression' }, register: 'linear' }),
    train({ ...state, estimator: { kind: 'k_neighbors_classifier' }, register: 'near' }),
    train({ ...state, target: 'spent', estimator: { kind: 'ridge' }, register: 'spending' }),
    train({ snapshot: 'iris', target: 'species', estimator: forest, register: 'flowers' }),
  ])
})
afterAll(async () => {
  await worker?.close()
  comparisons?.close()
  explainer?.close()
  await events?.close()
  await suite?.close()
})

const forest = { kind: 'random_forest_classifier', params: { n_estimators: 12 } }

const over = (id: string) =>
  pollUntil(
    () => getJob({ ctx: suite.ctx, input: { job: id } }),
    ({ state }) => state !== 'queued' && state !== 'running',
    { clock: realClock, waitMs: 240_000 },
  )

async function train(request: TrainingRequestInput): Promise<void> {
  const { job } = await suite.ok('POST', '/api/v1/projects/p/trainings', request)
  expect(await over(job.id)).toMatchObject({ state: 'succeeded' })
  await moveAlias({
    ctx: suite.ctx,
    input: { model: request.register ?? '', alias: 'champion', version: '1', reason: 'test' },
  })
}

async function explain(request: object): Promise<Explanation> {
  const { job, explanation_id } = await suite.ok('POST', '/api/v1/explanations', request)
  expect(job).toMatchObject({ kind: 'models.explain', subject: `explanations/${explanation_id}` })
  const ended = await over(job.id)
  expect(ended).toMatchObject({ state: 'succeeded', result: { explanation_id } })
  return suite.ok('GET', `/api/v1/explanations/${explanation_id}`)
}

const sumAt = (output: Explanation['contributions'][number] | undefined, row: number) =>
  (output?.columns ?? []).reduce(
    (sum, { contributions }) => sum + (contributions[row] ?? Number.NaN),
    output?.base ?? 0,
  )

describe('an explanation', () => {
  test('of a forest on its test rows: what matters is first, and contributions are exact', async () => {
    const found = await explain({ model: 'churn@champion', fairness: { by: ['region', 'hours'] }, contributions: 30 })
    expect(found).toMatchObject({
      model: 'churn',
      version: '1',
      task: 'classification',
      classes: ['left', 'stayed'],
      // A fifth of 600.
      rows: 120,
      metric: 'accuracy',
      method: 'tree',
      created_by: 'local',
    })
    expect(found.importance?.map(({ column }) => column)[0]).toBe('hours')
    expect(found.dependence.map(({ column }) => column)).toEqual(found.importance?.map(({ column }) => column))
    expect(found.dependence.every((one) => one.class === 'stayed' && one.grid.length === one.means.length)).toBe(true)
    const [output] = found.contributions
    expect(output).toMatchObject({ class: 'stayed', output: 'probability' })
    expect(output?.columns.map(({ values }) => values.length)).toEqual([30, 30, 30])
    for (let row = 0; row < 30; row += 1) {
      expect(sumAt(output, row)).toBeGreaterThan(-1e-6)
      expect(sumAt(output, row)).toBeLessThan(1 + 1e-6)
    }
    const [region, hours] = found.fairness
    expect(region?.groups.map(({ group }) => group)).toEqual(['north', 'south'])
    expect(region?.groups.reduce((sum, { rows }) => sum + rows, 0)).toBe(120)
    expect(hours?.groups.map(({ group }) => group.slice(0, 3))).toEqual(['Q1:', 'Q2:', 'Q3:', 'Q4:', '(mi'])
    expect(hours?.demographic_parity_ratio).toBeLessThan(0.8)
  })

  test('the same request has the same figures', async () => {
    const request = { model: 'near', rows: 60, contributions: 8, repeats: 2, seed: 9 }
    const [one, other] = [await explain(request), await explain(request)]
    expect(other.importance).toEqual(one.importance)
    expect(other.contributions).toEqual(one.contributions)
    expect(one).toMatchObject({ method: 'sampling', rows: 60, standard_error: expect.any(Number) })
  })

  test('of a linear classifier and a linear regressor: exact, in their own unit', async () => {
    const small = { importance: false, dependence: 0, contributions: 5 }
    expect(await explain({ model: 'linear', class: 'left', ...small })).toMatchObject({
      method: 'linear',
      contributions: [{ class: 'left', output: 'log_odds' }],
    })
    const spending = await explain({ model: 'spending', contributions: 5 })
    expect(spending).toMatchObject({ task: 'regression', metric: 'r2', method: 'linear' })
    expect(spending.contributions[0]?.class).toBeUndefined()
    expect(spending.contributions[0]).toMatchObject({ output: 'value', columns: [{ column: 'calls' }, {}, {}] })
  })

  test('of more classes: each of them', async () => {
    const found = await explain({ model: 'flowers', contributions: 6, dependence: ['petal_length'] })
    expect(found.contributions.map((output) => output.class)).toEqual(['setosa', 'versicolor', 'virginica'])
    expect(found.dependence.map((one) => one.class)).toEqual(['setosa', 'versicolor', 'virginica'])
    for (let row = 0; row < 6; row += 1) {
      const total = found.contributions.reduce((sum, output) => sum + sumAt(output, row), 0)
      expect(Math.abs(total - 1)).toBeLessThan(1e-6)
    }
  })

  test('on a snapshot without the target: what needs no truth', async () => {
    const { ctx } = suite
    const blind = await makeSnapshot(ctx, {
      project: 'p',
      dataset: 'customers',
      columns: { hours: 'number', calls: 'number', plan: 'text', region: 'text' },
      parts: [`select hours, calls, plan, region from (${customers}) limit 40`],
    })
    const found = await explain({ model: 'churn', snapshot: blind.id, contributions: 3, dependence: 1 })
    expect(found).toMatchObject({ snapshot_id: blind.id, rows: 40, method: 'tree', fairness: [] })
    expect(found.importance).toBeUndefined()
    expect(found.dependence).toHaveLength(1)
    for (const more of [{ fairness: { by: ['region'] } }, { metric: 'f1_macro' }]) {
      const refusal = await suite.send('POST', '/api/v1/explanations', { model: 'churn', snapshot: blind.id, ...more })
      expect(refusal).toMatchObject({ status: 422, body: { code: 'explanation_refused' } })
    }
  })

  test('lists of explanations, by version and by page', async () => {
    const all = await suite.ok('GET', '/api/v1/explanations?model=near&version=1')
    expect(all.items.map((item: Explanation) => item.model)).toEqual(['near', 'near'])
    expect(all.items[0].contributions).toBeUndefined()
    const first = await suite.ok('GET', '/api/v1/explanations?model=near&limit=1')
    const rest = await suite.ok('GET', `/api/v1/explanations?model=near&limit=1&page_token=${first.next_page_token}`)
    expect([...first.items, ...rest.items]).toEqual(all.items)
    expect(await suite.ok('GET', '/api/v1/explanations?version=x')).toEqual({ items: [] })
    expect(await suite.send('GET', '/api/v1/explanations?page_token=x')).toMatchObject({
      status: 400,
      body: { code: 'page_token_invalid' },
    })
    expect(await suite.send('GET', '/api/v1/explanations/expl_x')).toMatchObject({
      status: 404,
      body: { code: 'explanation_not_found' },
    })
  })

  test.each([
    [{ model: 'nobody' }, 404, 'model_not_found'],
    [{ model: 'churn/7' }, 404, 'model_version_not_found'],
    [{ model: 'churn@best' }, 404, 'alias_not_found'],
    [{ model: 'churn', snapshot: 'snap_x' }, 404, 'snapshot_not_found'],
    [{ model: 'churn', snapshot: 'customers@x' }, 404, 'snapshot_ref_not_found'],
    [{ model: 'churn', snapshot: 'iris' }, 422, 'explanation_refused'],
    [{ model: 'churn', class: 'maybe' }, 400, 'invalid_request'],
    [{ model: 'churn', dependence: ['region'] }, 400, 'invalid_request'],
    [{ model: 'churn', fairness: { by: ['size'] } }, 400, 'invalid_request'],
    [{ model: 'churn', fairness: { by: ['region'], favoured: 'maybe' } }, 400, 'invalid_request'],
    [{ model: 'spending', fairness: { by: ['region'] } }, 400, 'invalid_request'],
    [{ model: 'spending', class: 'left' }, 400, 'invalid_request'],
    [{ model: 'churn', rows: 1 }, 400, 'invalid_request'],
  ])('%j is refused', async (request, status, code) => {
    expect(await suite.send('POST', '/api/v1/explanations', request)).toMatchObject({ status, body: { code } })
  })

  test('what only its rows can tell fails as a job, and leaves nothing', async () => {
    const { items: before } = await suite.ok('GET', '/api/v1/explanations?model=churn')
    for (const [request, code] of [
      [{ model: 'churn', metric: 'speed' }, 'invalid_request'],
      [{ model: 'churn', snapshot: 'customers@latest', fairness: { by: ['calls'] }, rows: 2 }, undefined],
    ] as const) {
      const { job } = await suite.ok('POST', '/api/v1/explanations', request)
      const ended = await over(job.id)
      if (code !== undefined) expect(ended).toMatchObject({ state: 'failed', error: { code } })
    }
    const { items: after } = await suite.ok('GET', '/api/v1/explanations?model=churn')
    expect(after.length - before.length).toBeLessThanOrEqual(1)
  })

  test('one that is stopped, or whose process dies, leaves nothing', async () => {
    const { ctx } = suite
    const { snapshot_id = '' } = await getModelVersion({ ctx, input: { model: 'near', version: '1' } })
    const request = ExplanationRequest.parse({ model: 'near' })
    const input = {
      explanation_id: 'expl_gone',
      model: 'near',
      version: '1',
      snapshot_id,
      test_rows: true,
      request,
      requested_by: 'someone',
    }
    const run = (given: Parameters<typeof explanationJob>[0], signal?: AbortSignal) =>
      explanationJob(given)({
        ctx: signal === undefined ? ctx : { ...ctx, signal },
        id: 'job_gone',
        project: 'p',
        input: Json.parse(input),
        report: () => {},
      })
    const killed = run({ threads: 1, onProcess: (pid) => process.kill(pid, 'SIGKILL') })
    await expect(killed).rejects.toMatchObject({ code: 'explanation_crashed', params: { reason: 'SIGKILL' } })
    const stop = new AbortController()
    const stopped = run({ threads: 1, onProcess: () => stop.abort(new Error('enough')) }, stop.signal)
    await expect(stopped).rejects.toThrow('enough')
    const starved = run({ threads: 1, memoryBytesMax: 40 * 1024 * 1024 })
    await expect(starved).rejects.toMatchObject({ code: 'explanation_memory_exceeded' })
    expect(await suite.send('GET', '/api/v1/explanations/expl_gone')).toMatchObject({ status: 404 })
  })

  test('needs the grant of its model, and a comparison that of both', async () => {
    const actor = { ...suite.ctx.actor, models: new Set(['linear']) }
    const ctx = { ...suite.ctx, actor }
    const refused = { code: 'model_not_granted', params: { model: 'churn' } }
    const explained = startExplanation({ ctx, input: { request: ExplanationRequest.parse({ model: 'churn' }) } })
    await expect(explained).rejects.toMatchObject(refused)
    for (const [first, second] of [
      ['churn', 'linear'],
      ['linear', 'churn'],
    ]) {
      const input = { request: ComparisonRequest.parse({ first, second }), line: comparisons }
      await expect(compareModels({ ctx, input })).rejects.toMatchObject(refused)
    }
  })

  test('a version without an ONNX file of its own cannot be explained', async () => {
    const folder = { source: 'mlflow-artifacts:/1/bare/model', artifact_path: '1/bare/model' }
    await registerVersion({ ctx: suite.ctx, input: { model: 'bare', run_id: suite.ctx.ids.hex32(), ...folder } })
    expect(await suite.send('POST', '/api/v1/explanations', { model: 'bare/1' })).toMatchObject({
      status: 422,
      body: { code: 'model_not_explainable' },
    })
  })
})

describe('an explained prediction', () => {
  const ask = (model: string, body: object, query = '') =>
    suite.send('POST', `/api/v1/models/${model}/explain${query}`, body)

  test('says what each column added to the class that is predicted', async () => {
    const body = { features: { hours: 3.1, calls: 2, plan: 'basic' } }
    const answer: RowExplanation = await suite.ok('POST', '/api/v1/models/churn/explain', body)
    expect(answer).toMatchObject({
      model: 'churn',
      version: '1',
      method: 'tree',
      prediction: { prediction: 'left' },
      request_id: expect.any(String),
    })
    const [output] = answer.outputs
    expect(output).toMatchObject({ class: 'left', output: 'probability' })
    expect(output?.contributions[0]).toMatchObject({ column: 'hours', value: 3.1 })
    const probability = 'probabilities' in answer.prediction ? answer.prediction.probabilities.left : Number.NaN
    expect(Math.abs((output?.value ?? 0) - (probability ?? Number.NaN))).toBeLessThan(1e-6)
    expect(await suite.ok('POST', '/api/v1/models/churn/explain?class=stayed', body)).toMatchObject({
      outputs: [{ class: 'stayed' }],
    })
  })

  test('of models without exact contributions they are estimated, always the same', async () => {
    const body = { features: [3, 2, 'basic'] }
    const { body: one } = await ask('near', body)
    expect(one).toMatchObject({ method: 'sampling', outputs: [{ output: 'probability' }] })
    expect(one.outputs[0].contributions[0].standard_error).toBeGreaterThanOrEqual(0)
    const { body: other } = await ask('near', body)
    expect(other.outputs).toEqual(one.outputs)
    const total = one.outputs[0].contributions.reduce(
      (sum: number, { contribution }: { contribution: number }) => sum + contribution,
      one.outputs[0].base,
    )
    expect(Math.abs(total - one.prediction.probabilities[one.prediction.prediction])).toBeLessThan(1e-6)
  })

  test('a number, and a missing value', async () => {
    const { body } = await ask('spending', { hours: null, calls: 10, plan: 'max' })
    expect(body).toMatchObject({ method: 'linear', outputs: [{ output: 'value', contributions: expect.any(Array) }] })
    expect(Math.abs(body.outputs[0].value - body.prediction.prediction)).toBeLessThan(1e-4)
    expect(body.outputs[0].contributions.find(({ column }: { column: string }) => column === 'hours').value).toBeNull()
  })

  test.each([
    ['nobody', { features: [1] }, '', 404, 'model_not_served'],
    ['churn', { features: [1, 2] }, '', 400, 'feature_count_wrong'],
    ['churn', { features: { hours: 'x', calls: 2, plan: 'basic' } }, '', 400, 'feature_value_wrong'],
    ['churn', {}, '', 400, 'features_missing'],
    [
      'churn',
      {
        features: [
          [1, 2, 'basic'],
          [1, 2, 'plus'],
        ],
      },
      '',
      413,
      'too_many_rows',
    ],
    ['churn', { features: [1, 2, 'basic'] }, '?class=maybe', 400, 'invalid_request'],
    ['churn', { features: [1, 2, 'basic'] }, '?alias=best', 404, 'alias_not_found'],
    ['nobody', { features: [1, 2, 'basic'] }, '?alias=best', 404, 'model_not_found'],
  ])('%s of %j %s is refused', async (model, body, query, status, code) => {
    expect(await ask(model, body, query)).toMatchObject({ status, body: { code } })
  })

  test('a damaged file is told as such, and the next request is answered', async () => {
    const { ctx } = suite
    const good = await getModelVersion({ ctx, input: { model: 'churn', version: '1' } })
    await putArtifact({ ctx, input: { path: '1/broken/model/model.onnx', content: new Uint8Array([1, 2, 3]) } })
    const signature = good.signature
    await registerVersion({
      ctx,
      input: {
        model: 'broken',
        run_id: ctx.ids.hex32(),
        source: 'mlflow-artifacts:/1/broken/model',
        artifact_path: '1/broken/model',
        ...(signature === undefined ? {} : { signature }),
      },
    })
    await moveAlias({ ctx, input: { model: 'broken', alias: 'champion', version: '1', reason: 'test' } })
    expect(await ask('broken', { features: [1, 2, 'basic'] })).toMatchObject({
      status: 422,
      body: { code: 'explanation_refused' },
    })
    expect(await ask('churn', { features: [1, 2, 'basic'] })).toMatchObject({ status: 200 })
  })
})

describe('a comparison', () => {
  const compare = (request: object) => suite.send('POST', '/api/v1/model-comparisons', request)

  test('of two classifiers on the test rows of the second', async () => {
    const { body }: { body: ModelComparison } = await compare({ first: 'linear', second: 'churn' })
    expect(body).toMatchObject({
      first: { model: 'linear', version: '1' },
      second: { model: 'churn', version: '1' },
      task: 'classification',
      rows: 120,
      // Both learnt from the other rows of the same split.
      seen_by: [],
      test: { name: expect.stringMatching(/^mcnemar/) },
    })
    const accuracy = body.metrics.find(({ name }) => name === 'accuracy')
    expect(accuracy?.is_higher_better).toBe(true)
    const difference = (accuracy?.second ?? 0) - (accuracy?.first ?? 0)
    expect(accuracy?.difference?.low).toBeLessThanOrEqual(difference)
    expect(accuracy?.difference?.high).toBeGreaterThanOrEqual(difference)
    expect(body.metrics.find(({ name }) => name === 'log_loss')?.is_higher_better).toBe(false)
  })

  test('a model with itself is no better; all rows of its snapshot it has seen', async () => {
    const full = await makeSnapshot(suite.ctx, {
      project: 'p',
      dataset: 'copy',
      columns: { hours: 'number', calls: 'number', plan: 'text', region: 'text', state: 'text', spent: 'number' },
      parts: [`${customers} where i < 300`],
    })
    const { body: same } = await compare({ first: 'spending', second: 'spending/1', snapshot: full.id })
    expect(same).toMatchObject({
      rows: 300,
      seen_by: [],
      test: { name: 'paired_t', p_value: 1, better: 'neither' },
    })
    const own = (await getModelVersion({ ctx: suite.ctx, input: { model: 'spending', version: '1' } })).snapshot_id
    const { body: seen } = await compare({ first: 'churn', second: 'near', snapshot: own })
    expect(seen).toMatchObject({ rows: 600, seen_by: ['first', 'second'] })
  })

  test.each([
    [{ first: 'churn', second: 'spending' }, 422, 'models_not_comparable'],
    [{ first: 'churn', second: 'flowers' }, 422, 'models_not_comparable'],
    [{ first: 'churn', second: 'nobody' }, 404, 'model_not_found'],
    [{ first: 'churn' }, 400, 'invalid_request'],
  ])('%j is refused', async (request, status, code) => {
    expect(await compare(request)).toMatchObject({ status, body: { code } })
  })
})
