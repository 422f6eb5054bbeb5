import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Mount, makeTestApp, openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { openDatabase } from '../../platform/index.js'
import { putArtifact } from '../artifacts/index.js'
import { createRun, ensureExperiment, logBatch, mountMlflowTracking, mountTrackingRoutes, updateRun } from './index.js'

let suite: TestApp
const run_id = 'b'.repeat(32)

const mount: Mount = (app, ctx) => {
  const contextOf = () => ctx
  const versions = new Map([[run_id, [{ name: 'iris', version: '3' }]]])
  mountTrackingRoutes(app, { contextOf, modelVersionsOf: async () => versions })
  mountMlflowTracking(app, { contextOf })
}

beforeAll(async () => {
  suite = await openTestApp(mount)
  const { ctx } = suite
  const { experiment_id } = await ensureExperiment({ ctx, input: { name: 'iris' } })
  const run = await createRun({
    ctx,
    input: { experiment_id, run_id, run_name: 'one', start_time: 1_700_000_000_000, user_id: 'me' },
  })
  await logBatch({
    ctx,
    input: {
      run_id,
      params: [{ key: 'depth', value: '3' }],
      metrics: [
        { key: 'val/loss', value: 2, timestamp: 5, step: 2 },
        { key: 'val/loss', value: Number.NaN, timestamp: 9, step: 1 },
      ],
    },
  })
  await updateRun({ ctx, input: { run_id, status: 'FINISHED', end_time: 1_700_000_002_500 } })
  const root = run.info.artifact_uri.replace('mlflow-artifacts:/', '')
  await putArtifact({ ctx, input: { path: `${root}/model/a b.json`, content: new TextEncoder().encode('{"a":1}') } })
})
afterAll(() => suite?.close())

const get = (url: string, headers = {}) => suite.app.inject({ url, headers })

test('the runs of a project are listed', async () => {
  const reply = await get('/api/v1/projects/iris/runs')
  expect(reply.json()).toEqual({
    items: [
      {
        id: run_id,
        name: 'one',
        experiment_id: '1',
        experiment: 'iris',
        status: 'FINISHED',
        started_at: '2023-11-14T22:13:20.000Z',
        ended_at: '2023-11-14T22:13:22.500Z',
        duration_ms: 2500,
        user: 'me',
        params: { depth: '3' },
        metrics: { 'val/loss': { value: 2, step: 2, timestamp_ms: 5, count: 2, min: 2, max: 2, mean: 2 } },
        tags: { 'mlflow.runName': 'one' },
        datasets: [],
        model_versions: [{ name: 'iris', version: '3' }],
        is_deleted: false,
        artifact_uri: `mlflow-artifacts:/1/${run_id}/artifacts`,
      },
    ],
  })
  expect((await get('/api/v1/projects/none/runs')).json()).toEqual({ items: [] })
  expect((await get(`/api/v1/projects/${encodeURIComponent("it's")}/runs`)).json()).toEqual({ items: [] })
  expect((await get('/api/v1/projects/iris/runs?page_token=x')).json()).toMatchObject({ code: 'page_token_invalid' })
  expect((await get(`/api/v1/runs/${run_id}`)).json()).toEqual(reply.json().items[0])
})

test('a metric has its points by step', async () => {
  const reply = await get(`/api/v1/runs/${run_id}/metrics/${encodeURIComponent('val/loss')}`)
  expect(reply.json()).toEqual({
    items: [
      { value: 'NaN', step: 1, timestamp_ms: 9 },
      { value: 2, step: 2, timestamp_ms: 5 },
    ],
  })
})

test('artifacts are listed and downloaded', async () => {
  const listed = await get(`/api/v1/runs/${run_id}/artifacts`)
  expect(listed.json().items).toEqual([
    { path: 'model', is_folder: true },
    { path: 'model/a b.json', is_folder: false, bytes: 7, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ])
  const url = `/api/v1/runs/${run_id}/artifacts/file?path=${encodeURIComponent('model/a b.json')}`
  const whole = await get(url)
  expect(whole.body).toBe('{"a":1}')
  expect(whole.headers).toMatchObject({
    'content-type': 'application/json',
    'content-length': '7',
    'content-disposition': `attachment; filename="a b.json"; filename*=UTF-8''a%20b.json`,
    'x-content-type-options': 'nosniff',
    'accept-ranges': 'bytes',
  })
  const part = await get(url, { range: 'bytes=1-3', 'if-range': whole.headers.etag })
  expect([part.statusCode, part.body, part.headers['content-range']]).toEqual([206, '"a"', 'bytes 1-3/7'])
  const changed = await get(url, { range: 'bytes=1-3', 'if-range': '"other"' })
  expect([changed.statusCode, changed.body]).toEqual([200, '{"a":1}'])
  const head = await suite.app.inject({ method: 'HEAD', url })
  expect([head.statusCode, head.headers['content-length'], head.body]).toEqual([200, '7', ''])
})

test('failures of our own routes are problems', async () => {
  const missing = await get('/api/v1/runs/none')
  expect([missing.statusCode, missing.json().code]).toEqual([404, 'run_not_found'])
  const file = (path: string) => get(`/api/v1/runs/${run_id}/artifacts/file?path=${encodeURIComponent(path)}`)
  expect((await file('none')).json().code).toBe('artifact_not_found')
  expect((await file('model')).json().code).toBe('artifact_not_found')
  for (const path of ['../x', 'model/../../x', '/x', '%2e%2e/x']) {
    expect((await file(path)).json().code).toBe('artifact_path_invalid')
  }
  expect((await get('/api/v1/runs/%00')).statusCode).toBe(400)
})

test('a database that is away is 503 and says when to come again', async () => {
  const away = openDatabase({
    url: 'postgresql://x@127.0.0.1:9/x',
    applicationName: 'fabrique-test',
    onError: () => {},
  })
  const broken = await makeTestApp({ ...suite.ctx, db: away.db }, mount)
  for (const [method, path, body] of [
    ['GET', `runs/get?run_id=${run_id}`, undefined],
    ['POST', 'runs/create', {}],
    ['POST', 'runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1 }],
    ['POST', 'runs/set-tag', { run_id, key: 'm', value: '1' }],
  ] as const) {
    const reply = await broken.inject({
      method,
      url: `/api/2.0/mlflow/${path}`,
      ...(body === undefined ? {} : { body }),
    })
    expect([reply.statusCode, reply.json().error_code]).toEqual([503, 'TEMPORARILY_UNAVAILABLE'])
    expect(reply.headers['retry-after']).toBe('1')
  }
  await broken.close()
  await away.close()
})

test('the protocol stays out of the OpenAPI document, our own routes stand in it', async () => {
  const paths = Object.keys((await get('/openapi.json')).json().paths)
  expect(paths.filter((path) => path.includes('mlflow') || path === '/get-artifact')).toEqual([])
  expect(paths).toContain('/api/v1/runs/{run}')
})
