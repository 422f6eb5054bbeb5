import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Loop, MetricLines, Run, Snapshot, ValidationResult } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { irisServer } from '../support/iris-server.js'
import { getJson, predict, processesOf, runFabrique, until } from '../support/running-fabrique.js'

const fabrique = irisServer()

const items = async <Item>(path: string) => (await getJson<{ items: Item[] }>(fabrique.url + path)).items

describe('the first loop', () => {
  test('ends with every stage done', async () => {
    const [loop] = await items<Loop>('/api/v1/projects/iris/loops')
    expect(Object.values(loop?.stages ?? {}).map(({ state }) => state)).toEqual(Array(6).fill('done'))
    expect(loop?.stages.snapshot).toMatchObject({ rows: 150, columns: 5 })
    expect(loop?.stages.checks).toMatchObject({ evaluated: 8, failed: 0 })
    expect(loop?.stages.model).toMatchObject({ version: '1', alias: 'champion' })
    expect(loop?.stages.run.metrics?.accuracy).toBeGreaterThan(0.9)
  })

  test('tracks the run with parameters, metrics, data set, environment and model', async () => {
    const runs = await items<Run>('/api/v1/projects/iris/runs')
    expect(runs).toHaveLength(1)
    const [run] = runs
    expect(run).toMatchObject({
      status: 'FINISHED',
      experiment: 'iris',
      params: { n_estimators: '100', estimator: 'random_forest_classifier', test_share: '0.3' },
      model_versions: [{ name: 'iris', version: '1' }],
    })
    expect(run?.datasets[0]).toMatchObject({ name: 'iris', context: 'training' })
    const artifacts = await items<{ path: string }>(`/api/v1/runs/${run?.id}/artifacts`)
    const paths = artifacts.map(({ path }) => path)
    for (const path of ['model/MLmodel', 'model/model.onnx', 'model/requirements.txt', 'environment.json']) {
      expect(paths).toContain(path)
    }
  })

  test('keeps the snapshot under the hash of its bytes, with its checks', async () => {
    const [snapshot] = await items<Snapshot>('/api/v1/projects/iris/datasets/iris/snapshots')
    const file = await fetch(`${fabrique.url}/api/v1/snapshots/${snapshot?.id}/file`)
    const bytes = new Uint8Array(await file.arrayBuffer())
    const digest = await crypto.subtle.digest('SHA-256', bytes)
    expect(Buffer.from(digest).toString('hex')).toBe(snapshot?.content_hash)
    const [validation] = await items<ValidationResult>(`/api/v1/snapshots/${snapshot?.id}/validations`)
    expect(validation).toMatchObject({ success: true, evaluated: 8 })
  })

  test('answers every row of the data as trained, by position and by name', async () => {
    const [header = '', ...lines] = (await readFile(join(fabrique.folder, 'data', 'iris.csv'), 'utf8'))
      .trim()
      .split('\n')
    const names = header.split(',').slice(0, 4)
    const rows = lines.map((line) => line.split(',').slice(0, 4).map(Number))
    const reply = await predict<{ predictions: { prediction: string }[] }>(fabrique.url, { features: rows })
    const { predictions } = reply.body
    const right = predictions.filter(({ prediction }, index) => lines[index]?.endsWith(prediction)).length
    expect(right).toBeGreaterThan(143)
    const named = Object.fromEntries(names.map((name, index) => [name, rows[0]?.[index]]))
    const first = await predict(fabrique.url, named)
    expect(first.body).toMatchObject({ prediction: 'setosa', model: 'iris', version: '1' })
    expect(Object.values(first.body.probabilities).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5)
  })

  test.each([
    [{ features: [1, 2, 3] }, 400, 'feature_count_wrong'],
    [{ features: ['a', 2, 3, 4] }, 400, 'feature_value_wrong'],
    ['{"features":[NaN,1,1,1]}', 400, 'invalid_json'],
    ['', 400, 'invalid_json'],
    [{ features: [[[1, 2, 3, 4]]] }, 400, 'feature_count_wrong'],
  ])('refuses %j', async (body, status, code) => {
    const reply = await predict(fabrique.url, body)
    expect([reply.status, reply.body.code]).toEqual([status, code])
  })

  test('refuses a body beyond the limit, and tells so to a client that is still sending', async () => {
    const reply = await predict(fabrique.url, { features: 'x'.repeat(11 * 1024 * 1024) })
    expect([reply.status, reply.body.code]).toEqual([413, 'body_too_large'])
  })

  test('says which model does not exist', async () => {
    const reply = await fetch(`${fabrique.url}/api/v1/models/nope/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-language': 'fr' },
      body: '{"features":[1,2,3,4]}',
    })
    expect(reply.status).toBe(404)
    expect(reply.headers.get('content-type')).toContain('application/problem+json')
    expect(await reply.json()).toMatchObject({ code: 'model_not_served', params: { model: 'nope' } })
  })

  test('speaks OpenAPI 3.1, Prometheus, and the small routes', async () => {
    const document = await getJson<{ openapi: string; paths: object; components: { schemas: object } }>(
      `${fabrique.url}/openapi.json`,
    )
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths)).toContain('/predict')
    const names = new Set(Object.keys(document.components.schemas))
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)
    expect([...references].map(([, name]) => name).filter((name) => !names.has(name ?? ''))).toEqual([])
    const metrics = await (await fetch(`${fabrique.url}/metrics`)).text()
    expect(metrics).toContain('http_requests_total{handler="/predict",method="POST",status="2xx"}')
    expect(metrics).toContain('process_resident_memory_bytes')
    expect(await (await fetch(`${fabrique.url}/health`)).text()).toBe('OK')
    expect(await (await fetch(`${fabrique.url}/docs`)).text()).toContain('swagger')
  })

  test('refuses other host names and pages of other origins', async () => {
    const status = await new Promise((resolve) => {
      import('node:http').then(({ get }) =>
        get(`${fabrique.url}/health`, { headers: { host: 'evil.example' } }, (reply) => resolve(reply.statusCode)),
      )
    })
    expect(status).toBe(403)
    const reply = await fetch(`${fabrique.url}/api/v1/projects/iris/loops/iris/start`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
      body: '{}',
    })
    expect(reply.status).toBe(403)
  })

  test('is told by status, and refuses a second start on the folder', async () => {
    const status = await runFabrique(['status', '--url', fabrique.url])
    expect(status.status).toBe(0)
    expect(status.stdout).toContain('PostgreSQL 18')
    const second = await runFabrique(['up', fabrique.folder, '--port', '0'])
    expect(second.status).toBe(3)
    expect(second.stderr).toContain('data_folder_in_use')
    expect(second.stderr).toContain(`process ${fabrique.pid}`)
    expect((await predict(fabrique.url)).status).toBe(200)
  })

  test('runs again on demand: a second version of the same bytes', async () => {
    const again = await runFabrique(['loop', 'iris', '--url', fabrique.url, '--reason', 'test', '--json'])
    expect(again.stderr).toContain('version 2')
    const [first] = JSON.parse(again.stdout) as { state: string; result: { version: string } }[]
    expect(first).toMatchObject({ state: 'succeeded', result: { version: '2', promoted: true } })
    const runs = await items<Run>('/api/v1/projects/iris/runs')
    const files = await Promise.all(
      runs.map(async ({ id }) => {
        const artifacts = await items<{ path: string; sha256?: string }>(`/api/v1/runs/${id}/artifacts`)
        return artifacts.find(({ path }) => path === 'model/model.onnx')?.sha256
      }),
    )
    expect(new Set(files).size).toBe(1)
    expect((await predict(fabrique.url)).body.version).toBe('2')
  })

  test('swaps versions under load without a failed request', async () => {
    let moving = true
    const answers: { status: number; version: string }[] = []
    const clients = Array.from({ length: 16 }, async () => {
      while (moving) {
        const { status, body } = await predict(fabrique.url)
        answers.push({ status, version: body.version })
      }
    })
    for (let move = 0; move < 20; move += 1) {
      const version = move % 2 === 0 ? '1' : '2'
      const reply = await fetch(`${fabrique.url}/api/v1/models/iris/aliases/champion`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ version, reason: `move ${move}` }),
      })
      expect(reply.status).toBe(200)
      await until(`version ${version} answers`, async () => (await predict(fabrique.url)).body.version === version)
    }
    moving = false
    await Promise.all(clients)
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    expect(new Set(answers.map(({ version }) => version))).toEqual(new Set(['1', '2']))
  })

  test('trains on a snapshot from the terminal as the page does: tracked, registered and champion', async () => {
    const asked = ['train', '--snapshot', 'iris/iris', '--target', 'species', '--url', fabrique.url]
    const flags = ['--estimator', 'logistic_regression', '--run-name', 'line', '--register', 'iris-line']
    const done = await runFabrique([...asked, ...flags, '--promote', 'if_better', '--json'])
    expect(done.status, done.stderr).toBe(0)
    const told = JSON.parse(done.stdout)
    expect(told).toMatchObject({ model: 'iris-line', version: '1', promoted: true, reason: 'First version' })
    expect(told.metrics.accuracy).toBeGreaterThan(0.9)
    const run = await getJson<Run>(`${fabrique.url}/api/v1/runs/${told.run_id}`)
    expect(run).toMatchObject({ name: 'line', status: 'FINISHED', params: { estimator: 'logistic_regression' } })
    const waiting = await runFabrique([...asked, '--estimator', 'nope'])
    expect(waiting.stderr).toContain('[estimator_unknown]')
    const both = await runFabrique(['train', 'iris.csv', ...asked.slice(1), '--estimator', 'ridge'])
    expect(both.status).toBe(2)
    const local = await runFabrique(['train', 'iris.csv', '--target', 'species', '--register', 'iris-line'])
    expect(local.stderr).toContain('--register')
  })

  test('keeps a history of its metrics, as lists, lines and CSV', async () => {
    // By now its metrics were recorded more than once.
    const commands = (...args: string[]) => runFabrique(['metrics', ...args, '--url', fabrique.url])
    await until('requests were counted twice', async () => {
      const { stdout } = await commands('query', 'http_requests_total', '--read', 'increase', '--json')
      return stdout !== '' && (JSON.parse(stdout) as MetricLines).items.length > 0
    })
    const listed = await commands('ls')
    expect([listed.status, listed.stderr]).toEqual([0, ''])
    expect(listed.stdout).toMatch(/http_requests_total +counter/)
    const told = await commands('query', 'process_resident_memory_bytes', '--last', '15m', '--lang', 'fr')
    expect([told.status, told.stderr]).toEqual([0, ''])
    expect(told.stdout).toMatch(/^process_resident_memory_bytes {2}value .* pas de 5 s/)
    expect(told.stdout).toMatch(/instance=server@/)
    const out = join(fabrique.folder, 'memory.csv')
    const format = ['--format', 'csv-fr', '--out', out]
    const written = await commands('export', 'process_resident_memory_bytes', '--last', '5m', ...format)
    expect([written.status, written.stderr]).toEqual([0, ''])
    expect(await readFile(out, 'utf8')).toMatch(/^\uFEFFtime;"process_resident_memory_bytes\{instance=""server@/)
    for (const [args, status, code] of [
      [['query', 'nothing'], 2, 'metric_not_recorded'],
      [['query', 'node_load1', '--last', 'long'], 2, 'invalid_request'],
      [['export', 'node_load1', '--read', 'rate'], 2, 'invalid_request'],
    ] as const) {
      const refused = await commands(...args)
      expect([refused.status, refused.stderr]).toEqual([status, expect.stringContaining(`[${code}]`)])
    }
  })

  test('stops everything on Ctrl-C', async () => {
    const { status } = await fabrique.end('SIGINT')
    expect(status).toBe(0)
    expect(processesOf(fabrique.folder).all).toEqual([])
  })
})
