import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runFabrique, startRole } from '../support/running-fabrique.js'

const iris = fileURLToPath(new URL('../../../../examples/iris/data/iris.csv', import.meta.url))
const row = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 }
const key = 'a-key-of-the-test-1'

let folder = ''
let model = ''
let other = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fabrique-serve-'))
  const trained = (name: string, estimator: string) => {
    const path = join(folder, name)
    return runFabrique(['train', iris, '--target', 'species', '--estimator', estimator, '--out', path]).then(() => path)
  }
  ;[model, other] = await Promise.all([trained('iris.onnx', 'gaussian_nb'), trained('other.onnx', 'dummy_classifier')])
})
afterAll(async () => {
  for (const serving of started) await serving.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Serving {
  readonly told: { readonly url: string; readonly grpc: string | null; readonly models: readonly object[] }
  stop(): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }>
}

const started: Serving[] = []

/** Starts `fabrique serve` and waits for its document. */
async function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Serving> {
  const { child, exited } = startRole(['serve', ...args, '--port', '0', '--json'], env)
  let printed = ''
  const told = new Promise<Serving['told']>((resolve, reject) => {
    child.stdout?.on('data', (text) => {
      printed += text
      if (printed.endsWith('}\n')) resolve(JSON.parse(printed))
    })
    void exited.then(({ stderr }) => reject(new Error(stderr)))
  })
  const serving = {
    told: await told,
    stop: () => {
      child.kill('SIGTERM')
      return exited
    },
  }
  started.push(serving)
  return serving
}

const post = (url: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

const versionOf = (answer: unknown) => String(new Map(Object.entries(Object(answer))).get('version'))

describe('fabrique serve', () => {
  test('serves ONNX files in every protocol, and stops when it is told', async () => {
    const { told, stop } = await start([model, `second=${other}`, '--grpc-port', '0'])
    const { url } = told
    expect(told.grpc).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(told.models).toMatchObject([
      { model: 'iris', versions: ['1'], inputs: Object.keys(row).map((name) => ({ name, datatype: 'FP32' })) },
      { model: 'second', versions: ['1'] },
    ])
    const answer = { prediction: 'setosa', model: 'iris', version: '1' }
    expect(await (await post(`${url}/predict`, { features: row })).json()).toMatchObject(answer)
    expect(await (await post(`${url}/api/v1/models/iris/predict`, { features: row })).json()).toMatchObject(answer)
    const inputs = Object.entries(row).map(([name, value]) => ({ name, datatype: 'FP32', shape: [1], data: [value] }))
    const inferred = await (await post(`${url}/v2/models/iris/infer`, { inputs })).json()
    expect(inferred).toHaveProperty('outputs.0', { name: 'label', datatype: 'BYTES', shape: [1], data: ['setosa'] })
    const instances = [row]
    const predicted = await (await post(`${url}/v1/models/iris:predict`, { instances })).json()
    expect(predicted).toMatchObject({ predictions: [{ label: 'setosa' }] })
    const scored = await post(`${url}/invocations`, { dataframe_records: [row] })
    expect([scored.status, await scored.json()]).toMatchObject([200, { predictions: [{ label: 'setosa' }] }])
    for (const path of ['/health', '/ping', '/metrics', '/docs', '/openapi.json', '/v2/health/ready', '/v1/models']) {
      expect([path, (await fetch(url + path)).status]).toEqual([path, 200])
    }
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toMatch(/^fabrique_model_rows_total\{model="iris",version="1"\} \d+$/m)
    const unknown = await fetch(`${url}/api/v1/projects`)
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'route_not_found' }])
    expect((await stop()).status).toBe(0)
  })

  test('serves a new version of a folder without a failed request', async () => {
    const versions = join(folder, 'models', 'iris')
    const add = (file: string, version: string) => {
      mkdirSync(join(versions, `.${version}`), { recursive: true })
      copyFileSync(file, join(versions, `.${version}`, 'model.onnx'))
      renameSync(join(versions, `.${version}`), join(versions, version))
    }
    add(model, '1')
    const { told, stop } = await start([join(folder, 'models')])
    const seen: string[] = []
    const ask = async () => {
      const reply = await post(`${told.url}/predict`, { features: row })
      seen.push(reply.status === 200 ? versionOf(await reply.json()) : `status ${reply.status}`)
      return seen.at(-1)
    }
    expect(await ask()).toBe('1')
    add(other, '2')
    await expect.poll(ask, { interval: 5 }).toBe('2')
    expect(new Set(seen)).toEqual(new Set(['1', '2']))
    expect(seen.indexOf('2')).toBe(seen.lastIndexOf('1') + 1)
    expect((await post(`${told.url}/api/v1/models/iris/versions/1/predict`, { features: row })).status).toBe(200)
    await stop()
  })

  test('asks for the key where there is one', async () => {
    const { told, stop } = await start([model, '--host', '0.0.0.0'], { FABRIQUE_SERVE_KEY: key })
    const { url } = told
    const status = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
      (await fetch(url + path, { headers })).status
    expect(await status('/v2/models/iris')).toBe(401)
    expect(await status('/v2/models/iris', { authorization: 'Bearer another-key-altogether' })).toBe(401)
    expect(await status('/v2/models/iris', { authorization: `Bearer ${key}` })).toBe(200)
    expect(await status('/v2/models/iris', { 'x-api-key': key })).toBe(200)
    expect(await status('/metrics')).toBe(401)
    expect(await status('/health')).toBe(200)
    expect(await status('/v2/health/ready')).toBe(200)
    const refused = await post(`${url}/predict`, { features: row })
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Bearer/)])
    await stop()
  })

  test('limits the predictions of an address', async () => {
    const { told, stop } = await start([model, '--rate-limit', '2/hour'])
    const statuses = []
    for (let asked = 0; asked < 3; asked += 1)
      statuses.push((await post(`${told.url}/predict`, { features: row })).status)
    expect(statuses).toEqual([200, 200, 429])
    expect((await fetch(`${told.url}/health`)).status).toBe(200)
    await stop()
  })

  test('tells people where, in their language', async () => {
    const { child, exited } = startRole(['serve', model, '--port', '0', '--lang', 'fr'])
    child.stdout?.on('data', (text) => String(text).includes('Ctrl-C') && child.kill('SIGINT'))
    const { status, stdout } = await exited
    expect(status).toBe(0)
    expect(stdout).toMatch(/Service {2}http:\/\/127\.0\.0\.1:\d+/)
    expect(stdout).toContain('Prédire')
  })
})

describe('what cannot be served', () => {
  const write = (path: string, text: string) => {
    const file = join(folder, path)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, text)
    return file
  }

  test.each([
    ['a file that is not there', () => ['nowhere.onnx'], 2, 'file_not_found'],
    ['a file that is no ONNX', () => [write('wrong.onnx', 'hello')], 3, 'model_file_invalid'],
    ['a file of another kind', () => [write('notes.txt', 'hello')], 2, 'model_path_invalid'],
    ['an empty folder', () => [join(write('empty/x/y', ''), '..')], 2, 'model_path_invalid'],
    ['a broken MLmodel', () => [join(write('broken/MLmodel', '{'), '..')], 3, 'model_file_invalid'],
    [
      'a model of Python without one',
      () => [join(write('pickle/MLmodel', 'flavors: {python_function: {loader_module: mlflow.sklearn}}'), '..')],
      2,
      'python_not_configured',
    ],
    ['two models of one name', () => [model, `iris=${other}`], 2, 'model_names_clash'],
    ['an open address without a key', () => [model, '--host', '0.0.0.0'], 2, 'bind_needs_key'],
    ['a key that is short', () => [model, '--api-key-file', write('key', 'short\n')], 2, 'invalid_request'],
    ['a port that is none', () => [model, '--port', '65536'], 2, 'invalid_request'],
    ['a rate that is none', () => [model, '--rate-limit', 'often'], 2, 'invalid_request'],
  ] as const)('%s', async (_what, args, status, code) => {
    const ended = await runFabrique(['serve', '--port', '0', ...args()])
    expect([ended.status, ended.stdout]).toEqual([status, ''])
    expect(ended.stderr).toContain(`[${code}]`)
    expect(ended.stderr).not.toContain('    at ')
  })

  test('is told in French as well', async () => {
    const { status, stderr } = await runFabrique(['serve', join(folder, 'nulle-part.onnx'), '--lang', 'fr'])
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^Erreur .*n’existe pas/)])
  })

  test('at a port that is taken', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = String(typeof address === 'object' && address !== null ? address.port : 0)
    for (const flags of [
      ['--port', port],
      ['--port', '0', '--grpc-port', port],
    ]) {
      const ended = await runFabrique(['serve', model, ...flags])
      expect([ended.status, ended.stderr]).toEqual([3, expect.stringContaining('[port_taken]')])
    }
    await new Promise((resolve) => taken.close(resolve))
  })
})
