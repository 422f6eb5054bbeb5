import { mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { GenerateReply, PredictNewestReply, RetrainDebugReply, RetrainReply, Snapshot } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  cleanUp,
  getJson,
  processesOf,
  type RunningFabrique,
  startFabrique,
  until,
} from '../support/running-fabrique.js'

const config = `
import { csv, dataset, defineProject, integer, logisticRegression, model, number, synthetic, text } from 'fabrique'

const points = dataset('points', synthetic.classification({ rows: 1500, nFeatures: 5, nInformative: 3, nRedundant: 0, classSep: 2, seed: 3 }), {
  columns: { feature_0: number(), feature_1: number(), feature_2: number(), feature_3: number(), feature_4: number(), target: integer() },
})
const sizes = dataset('sizes', csv('sizes.csv'), { columns: { size: number(), kind: text() } })

export default defineProject({
  name: 'small',
  datasets: [points, sizes],
  models: [
    model('points', {
      task: 'classification',
      label: points.column('target'),
      features: points.columns('feature_0', 'feature_1', 'feature_2', 'feature_3', 'feature_4'),
      estimator: logisticRegression({ C: 10 }),
    }),
    model('sizes', {
      task: 'classification',
      label: sizes.column('kind'),
      features: sizes.columns('size'),
      estimator: logisticRegression(),
    }),
  ],
})
`

let folder: string
let fabrique: RunningFabrique
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'fabrique-e2e-')))
  const root = fileURLToPath(new URL('../../../../', import.meta.url))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'fabrique.config.ts'), config)
  const lines = Array.from({ length: 60 }, (_, index) => `${index},${index < 30 ? 'small' : 'large'}`)
  writeFileSync(join(folder, 'sizes.csv'), `size,kind\n${lines.join('\n')}\n`)
  fabrique = await startFabrique(folder)
})
afterAll(() => cleanUp(folder))

async function post<Reply>(path: string, body?: object): Promise<{ status: number; body: Reply; headers: Headers }> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const reply = await fetch(fabrique.url + path, { method: 'POST', ...sent })
  return { status: reply.status, body: (await reply.json()) as Reply, headers: reply.headers }
}

const count = async (what: string) =>
  (await getJson<{ items: unknown[] }>(`${fabrique.url}/api/v1/${what}`)).items.length
const newest = () => getJson<Snapshot>(`${fabrique.url}/api/v1/projects/small/datasets/points/resolve?ref=latest`)

describe('GET /predict', () => {
  test('predicts the newest row of the model at /predict, beside what it was', async () => {
    const reply = await getJson<PredictNewestReply>(`${fabrique.url}/predict`)
    expect(reply).toMatchObject({
      project: 'small',
      model: 'points',
      version: '1',
      dataset: 'points',
      target: 'target',
    })
    expect(reply.predictions).toHaveLength(1)
    const [first] = reply.predictions
    expect(Object.keys(first?.features ?? {})).toEqual([
      'feature_0',
      'feature_1',
      'feature_2',
      'feature_3',
      'feature_4',
    ])
    expect(first?.prediction).toMatch(/^[01]$/)
    expect(first?.actual).toMatch(/^[01]$/)
  })

  test('of several rows, as POST /predict says of the same', async () => {
    const reply = await getJson<PredictNewestReply>(`${fabrique.url}/predict?rows=200`)
    const right = reply.predictions.filter(({ prediction, actual }) => prediction === actual).length
    expect(right).toBeGreaterThan(160)
    const features = reply.predictions.map((row) => row.features)
    const { body } = await post<{ predictions: unknown[] }>('/predict', { features })
    expect(body.predictions).toEqual(
      reply.predictions.map(({ prediction, probabilities }) => ({ prediction, probabilities })),
    )
    const { model, predictions } = await getJson<PredictNewestReply>(`${fabrique.url}/predict?model=sizes&rows=2`)
    // The file ends with 59: the newest row comes first.
    expect([model, predictions.map((row) => row.features)]).toEqual(['sizes', [{ size: 59 }, { size: 58 }]])
  })

  test.each([
    ['?rows=0', 400, 'invalid_request'],
    ['?rows=1001', 400, 'invalid_request'],
    ['?model=none', 404, 'model_not_declared'],
  ])('refuses %s', async (query, status, code) => {
    const reply = await fetch(`${fabrique.url}/predict${query}`)
    expect({ status: reply.status, body: await reply.json() }).toMatchObject({ status, body: { code } })
  })
})

describe('POST /generate', () => {
  test('makes other rows of the same problem, which a loop that ingests again leaves as they are', async () => {
    const { status, body } = await post<GenerateReply>('/generate', { rows: 900, noise: 0.2, drift: 0.5 })
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        status: 'done',
        project: 'small',
        model: 'points',
        dataset: 'points',
        is_new: true,
        rows: 900,
        source: { generator: 'classification', rows: 900, seed: 3, params: { flip_y: 0.2, shift: 0.5, n_features: 5 } },
      },
    })
    const counts = Object.entries(body.class_counts ?? {})
    expect(counts.map(([name]) => name)).toEqual(['0', '1'])
    expect(counts.reduce((sum, [, rows]) => sum + rows, 0)).toBe(900)
    expect(await newest()).toMatchObject({ id: body.snapshot_id, row_count: 900 })

    const retrained = await post<RetrainReply>('/retrain')
    expect(retrained).toMatchObject({
      status: 200,
      body: { status: 'done', project: 'small', model: 'points', snapshot_id: body.snapshot_id, version: '2' },
    })
    const { promoted, reason, metrics, run_id: runId } = retrained.body
    expect(typeof promoted).toBe('boolean')
    expect(reason).not.toBe('')
    expect(metrics?.accuracy).toBeGreaterThan(0.6)
    expect(await getJson(`${fabrique.url}/api/v1/runs/${runId}`)).toMatchObject({ status: 'FINISHED' })
    expect((await newest()).id).toBe(body.snapshot_id)
    // The same wish is the same snapshot.
    const again = await post<GenerateReply>('/generate', { rows: 900, noise: 0.2, drift: 0.5 })
    expect(again.body).toMatchObject({ status: 'done', is_new: false, snapshot_id: body.snapshot_id })
  })

  test('without a body makes what is declared', async () => {
    const { status, body } = await post<GenerateReply>('/generate')
    expect({ status, body }).toMatchObject({ status: 200, body: { status: 'done', rows: 1500, is_new: false } })
    expect((await newest()).row_count).toBe(1500)
  })

  test('with more classes than the declared features could part', async () => {
    const { body } = await post<GenerateReply>('/generate', { rows: 400, classes: 4, seed: 8 })
    expect(Object.keys(body.class_counts ?? {})).toEqual(['0', '1', '2', '3'])
    await post('/generate')
  })

  test.each([
    ['?model=sizes', {}, 409, 'dataset_not_synthetic'],
    ['?model=none', {}, 404, 'model_not_declared'],
    ['', { rows: 0 }, 400, 'invalid_request'],
    ['', { rows: 1_000_001 }, 400, 'invalid_request'],
    ['', { rows: 10.5 }, 400, 'invalid_request'],
    ['', { noise: 2 }, 400, 'invalid_request'],
    ['', { features: 4 }, 400, 'invalid_request'],
    ['', { classes: 100 }, 400, 'invalid_request'],
    ['', { row: 10 }, 400, 'invalid_request'],
    ['?wait_seconds=1000', {}, 400, 'invalid_request'],
  ])('refuses %s %j', async (query, request, status, code) => {
    const before = await newest()
    expect(await post(`/generate${query}`, request)).toMatchObject({ status, body: { code } })
    expect(await newest()).toEqual(before)
  })
})

describe('POST /retrain-debug', () => {
  test('trains without a run and without a version, and tells what it did', async () => {
    const runs = await count('projects/small/runs')
    const { status, body } = await post<RetrainDebugReply>('/retrain-debug')
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { status: 'done', tracked: false, model: 'points', dataset: 'points', snapshot_id: (await newest()).id },
    })
    expect(body.steps?.map(({ step }) => step)).toEqual(['read', 'split', 'preprocess', 'fit', 'evaluate', 'export'])
    const detail = (name: string) => body.steps?.find(({ step }) => step === name)?.detail
    expect(detail('read')).toMatchObject({ rows: 1500, target: 'target' })
    expect(detail('split')).toMatchObject({ kind: 'random', test_share: 0.25, train_rows: 1125, test_rows: 375 })
    expect(detail('fit')).toMatchObject({ estimator: 'logistic_regression', parameters: { C: '10' } })
    expect(detail('export')).toMatchObject({ kept: false })
    expect(body.metrics?.accuracy).toBeGreaterThan(0.8)
    expect(await count('projects/small/runs')).toBe(runs)
    expect(await getJson(`${fabrique.url}/api/v1/models/points`)).toMatchObject({ latest_version: '2' })
  })

  test('tells the error of a model that cannot be trained', async () => {
    await post('/generate', { rows: 1 })
    const { status, body } = await post<{ code: string }>('/retrain-debug')
    expect({ status, body }).toMatchObject({ status: 422, body: { code: 'training_refused' } })
    const tracked = await post<{ code: string }>('/retrain')
    expect({ status: tracked.status, code: tracked.body.code }).toEqual({ status: 422, code: 'training_data_unfit' })
    await post('/generate')
  })
})

test('what takes longer than one waits is answered with 202 and the address of it', async () => {
  const { status, body, headers } = await post<RetrainReply>('/retrain?model=sizes&wait_seconds=0')
  expect({ status, body }).toMatchObject({ status: 202, body: { status: 'under_way', model: 'sizes' } })
  expect(headers.get('location')).toBe(body.address)
  const state = async () => (await getJson<{ state: string }>(fabrique.url + body.address)).state
  await until('the loop ends', async () => (await state()) === 'succeeded')
})

describe('GET /mlflow-status', () => {
  test('tells that tracking answers', async () => {
    const status = await getJson<object>(`${fabrique.url}/mlflow-status`)
    expect(status).toEqual({
      status: 'up',
      mlflow_version: await (await fetch(`${fabrique.url}/version`)).text(),
      experiments: await count('experiments'),
      latency_ms: expect.any(Number),
      tracking_uri: fabrique.url,
    })
  })

  test('is 503 while the database is away', async () => {
    const postmaster = processesOf(folder).part('postgres')
    process.kill(postmaster ?? 0, 'SIGSTOP')
    process.kill(postmaster ?? 0, 'SIGKILL')
    await until('tracking is told to be away', async () => {
      const reply = await fetch(`${fabrique.url}/mlflow-status`)
      const body = await reply.text()
      if (reply.status === 200) return false
      expect([reply.status, body]).toEqual([503, expect.stringContaining('tracking_not_answering')])
      return true
    })
    // The program starts it again.
    await until('tracking is back', async () => (await fetch(`${fabrique.url}/mlflow-status`)).ok)
  })
})
