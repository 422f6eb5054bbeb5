import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Mount, makeTestApp } from '../../../test/support/test-app.js'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { listen } from '../../platform/index.js'
import { listArtifacts, putArtifact } from '../artifacts/index.js'
import { mountRunArtifacts } from './artifact-routes.js'
import { createLoggedModel, createRun, mountMlflowTracking } from './index.js'

let suite: TestContext
let app: FastifyInstance
let port: number
let model: string
const run = 'c'.repeat(32)
const root = `0/${run}/artifacts`
const proxy = '/api/2.0/mlflow-artifacts'
const secret = 'the secret of another run'

beforeAll(async () => {
  suite = await openTestContext()
  const { ctx } = suite
  const contextOf = () => ctx
  const mount: Mount = (routes) => {
    mountRunArtifacts(routes, contextOf)
    mountMlflowTracking(routes, { contextOf })
  }
  app = await makeTestApp(ctx, mount, [])
  port = await listen(app, '127.0.0.1', 0)
  await createRun({ ctx, input: { run_id: run } })
  model = (await createLoggedModel({ ctx, input: { experiment_id: '0', name: 'm' } })).model_id
  const put = (path: string, content: string) =>
    putArtifact({ ctx, input: { path, content: new TextEncoder().encode(content) } })
  await put(`${root}/model/MLmodel`, '0123456789')
  await put(`${root}/empty`, '')
  await put(`0/models/${model}/artifacts/model.pkl`, 'pickle')
  await put(`0/${'d'.repeat(32)}/artifacts/secret`, secret)
})
afterAll(async () => {
  await app?.close()
  await suite?.close()
})

interface Sent {
  readonly method?: string
  readonly body?: string | object | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a request target exactly as it is written: other clients tidy it up first. */
async function send(path: string, { method = 'GET', body, headers = {} }: Sent = {}) {
  const content = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const type = content === body ? {} : { 'content-type': 'application/json' }
  const length = content === undefined ? {} : { 'content-length': String(Buffer.byteLength(content)) }
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, method, headers: { ...type, ...length, ...headers } },
      (reply) => {
        buffer(reply).then(
          (bytes) => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text: bytes.toString() }),
          reject,
        )
      },
    )
    sent.on('error', reject)
    sent.end(content)
  })
}

const json = (text: string) => JSON.parse(text)
const file = `${proxy}/artifacts/${root}/model/MLmodel`
const etag = `"${createHash('sha256').update('0123456789').digest('hex')}"`

describe('a download', () => {
  test('is an attachment with its type, size and hash', async () => {
    const reply = await send(file)
    expect(reply).toMatchObject({
      status: 200,
      text: '0123456789',
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'content-length': '10',
        'content-disposition': `attachment; filename="MLmodel"; filename*=UTF-8''MLmodel`,
        'content-security-policy': "sandbox; default-src 'none'",
        'x-content-type-options': 'nosniff',
        'accept-ranges': 'bytes',
        etag,
      },
    })
  })

  test.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=4-2', 200, '0123456789', undefined],
    ['bytes=0-1,3-4', 200, '0123456789', undefined],
    ['lines=1-2', 200, '0123456789', undefined],
  ])('of the range %s', async (range, status, text, contentRange) => {
    const reply = await send(file, { headers: { range } })
    expect([reply.status, reply.text, reply.headers['content-range']]).toEqual([status, text, contentRange])
    const whole = await send(file, { headers: { range, 'if-range': '"other"' } })
    expect([whole.status, whole.text]).toEqual([200, '0123456789'])
  })

  test('that the client has already is not sent again', async () => {
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const reply = await send(file, { headers: { 'if-none-match': known } })
      expect([reply.status, reply.text]).toEqual([304, ''])
    }
    expect((await send(file, { headers: { 'if-none-match': '"x"' } })).status).toBe(200)
  })

  test('is told of by HEAD', async () => {
    for (const path of [file, `/get-artifact?run_id=${run}&path=model%2FMLmodel`]) {
      const reply = await send(path, { method: 'HEAD' })
      expect(reply).toMatchObject({ status: 200, text: '', headers: { 'content-length': '10', etag } })
    }
    expect((await send(`${file}x`, { method: 'HEAD' })).status).toBe(404)
  })

  test('of an empty file is empty', async () => {
    const reply = await send(`${proxy}/artifacts/${root}/empty`)
    expect([reply.status, reply.text, reply.headers['content-length']]).toEqual([200, '', '0'])
  })

  test.each([`${root}/model`, `${root}/none`, root, '0', 'none'])('of %s is a 404 in JSON', async (path) => {
    const reply = await send(`${proxy}/artifacts/${path}`)
    expect(reply.status).toBe(404)
    expect(json(reply.text).error_code).toBe('RESOURCE_DOES_NOT_EXIST')
  })
})

describe('names', () => {
  test.each([
    ['a+b', 'a+b'],
    ['a%2Bb', 'a+b'],
    ['a%25b', 'a%b'],
    ['50%25%20off', '50% off'],
    ['image%2520x', 'image%20x'],
    ['%C3%A9t%C3%A9', 'été'],
  ])('in %s are decoded once', async (encoded, name) => {
    const path = `${proxy}/artifacts/${root}/names/${encoded}`
    expect(await send(path, { method: 'PUT', body: name })).toMatchObject({ status: 200, text: '{}' })
    const files = await listArtifacts({ ctx: suite.ctx, input: { path: `${root}/names` } })
    expect(files.map(({ path: stored }) => stored)).toContain(name)
    expect((await send(path)).text).toBe(name)
    expect((await send(path, { method: 'DELETE' })).text).toBe('{}')
    expect((await send(path, { method: 'DELETE' })).text).toBe('{}')
    expect((await send(path)).status).toBe(404)
  })
})

describe('a listing', () => {
  test('of the proxy has base names', async () => {
    const list = async (path: string) => json((await send(`${proxy}/artifacts?path=${path}`)).text)
    expect(await list(`${root}/model`)).toEqual({ files: [{ path: 'MLmodel', is_dir: false, file_size: 10 }] })
    expect(await list(`${root}/model/`)).toEqual({ files: [{ path: 'MLmodel', is_dir: false, file_size: 10 }] })
    expect((await list(root)).files).toContainEqual({ path: 'model', is_dir: true })
    expect(await list(`${root}/model/MLmodel`)).toEqual({})
    expect(await list('none')).toEqual({})
  })

  test('of a run and of a logged model has their paths', async () => {
    const list = json((await send(`/api/2.0/mlflow/artifacts/list?run_id=${run}&path=model`)).text)
    const root_uri = `mlflow-artifacts:/${root}`
    expect(list).toEqual({ root_uri, files: [{ path: 'model/MLmodel', is_dir: false, file_size: 10 }] })
    expect(json((await send(`/api/2.0/mlflow/artifacts/list?run_uuid=${run}&path=none`)).text)).toEqual({ root_uri })
    const url = `/api/2.0/mlflow/logged-models/${model}/artifacts/directories`
    expect(json((await send(url)).text).files).toEqual([{ path: 'model.pkl', is_dir: false, file_size: 6 }])
    expect((await send(`/api/2.0/mlflow/artifacts/list?run_id=none`)).status).toBe(404)
    expect((await send(`/api/2.0/mlflow/artifacts/list`)).status).toBe(400)
  })
})

test('pages download from a run and from a logged model, and upload', async () => {
  expect((await send(`/get-artifact?run_uuid=${run}&path=model/MLmodel`)).text).toBe('0123456789')
  const files = `/ajax-api/2.0/mlflow/logged-models/${model}/artifacts/files`
  expect((await send(`${files}?artifact_file_path=model.pkl`)).text).toBe('pickle')
  expect((await send(files)).status).toBe(400)
  expect((await send(`${files.replace(model, 'm-x')}?artifact_file_path=a`)).status).toBe(404)
  const upload = (query: string, body: string | Buffer) =>
    send(`/ajax-api/2.0/mlflow/upload-artifact?${query}`, { method: 'POST', body })
  expect(await upload(`run_uuid=${run}&path=up/load.txt`, 'hello')).toMatchObject({ status: 200 })
  expect((await send(`/get-artifact?run_id=${run}&path=up/load.txt`)).text).toBe('hello')
  expect((await upload(`run_uuid=${run}&path=x`, '')).status).toBe(400)
  expect((await upload(`path=x`, 'x')).status).toBe(400)
  expect((await upload(`run_uuid=${run}`, 'x')).status).toBe(400)
  expect((await upload(`run_uuid=none&path=x`, 'x')).status).toBe(404)
  const large = await upload(`run_uuid=${run}&path=x`, Buffer.alloc(10 * 1024 * 1024 + 1))
  expect([large.status, json(large.text).error_code]).toEqual([413, 'INVALID_PARAMETER_VALUE'])
})

test('a folder is deleted with or without a slash, the root never', async () => {
  const base = `${proxy}/artifacts/0/gone/artifacts`
  for (const end of ['', '/']) {
    await send(`${base}/x/y`, { method: 'PUT', body: '1' })
    expect((await send(`${base}${end}`, { method: 'DELETE' })).status).toBe(200)
    expect((await send(`${base}/x/y`)).status).toBe(404)
  }
  for (const nothing of ['', '/']) {
    expect([400, 404]).toContain((await send(`${proxy}/artifacts${nothing}`, { method: 'DELETE' })).status)
  }
  expect((await send(file)).status).toBe(200)
})

test('our own API deletes a file, or a folder', async () => {
  for (const name of ['x/a', 'x/b', 'y'])
    await send(`${proxy}/artifacts/${root}/own/${name}`, { method: 'PUT', body: '1' })
  const remove = async (path: string) =>
    json((await send(`/api/v1/runs/${run}/artifacts/file?path=${path}`, { method: 'DELETE' })).text)
  expect(await remove('own/x')).toEqual({ deleted: 2 })
  expect(await remove('own/x')).toEqual({ deleted: 0 })
  expect(await remove('own/y')).toEqual({ deleted: 1 })
  expect((await send(`/api/v1/runs/none/artifacts/file?path=x`, { method: 'DELETE' })).status).toBe(404)
})

describe('an upload in parts', () => {
  const post = (step: string, folder: string, body: object, headers = {}) =>
    send(`${proxy}/mpu/${step}/${folder}`, { method: 'POST', body, headers })

  test('is put together under the name that the file has on the disk of the client', async () => {
    const body = { path: 'C:\\Users\\me\\..\\weights.bin', num_parts: 2 }
    const created = json((await post('create', `${root}/big`, body)).text)
    expect(created.credentials).toHaveLength(2)
    expect(created.credentials[0]).toMatchObject({ part_number: 1, headers: {} })
    const parts: object[] = []
    for (const { url, part_number } of created.credentials) {
      const address = new URL(url)
      expect(address.host).toBe(`127.0.0.1:${port}`)
      const reply = await send(address.pathname, { method: 'PUT', body: `part ${part_number};` })
      expect(reply.status).toBe(200)
      parts.push({ part_number, etag: reply.headers.etag, url })
    }
    const done = { path: body.path, upload_id: created.upload_id, parts }
    for (let round = 0; round < 2; round += 1) {
      expect(await post('complete', `${root}/big`, done)).toMatchObject({ status: 200, text: '{}' })
    }
    expect((await send(`${proxy}/artifacts/${root}/big/weights.bin`)).text).toBe('part 1;part 2;')
  })

  test('names the place that the client knows this server by', async () => {
    const url = async (headers: object) =>
      json((await post('create', root, { path: '/f', num_parts: 1 }, headers)).text).credentials[0].url
    expect(await url({ host: 'localhost:9999' })).toMatch(
      /^http:\/\/localhost:9999\/api\/2\.0\/mlflow-artifacts\/mpu\//,
    )
    expect(await url({ 'x-forwarded-proto': 'https' })).toMatch(/^https:/)
    expect(await url({ 'x-forwarded-proto': 'gopher' })).toMatch(/^http:/)
    expect((await post('create', root, { path: '/f' }, { host: 'evil.example' })).status).toBe(403)
  })

  test('is aborted', async () => {
    const { upload_id } = json((await post('create', root, { path: '/f', num_parts: 1 })).text)
    for (let round = 0; round < 2; round += 1) {
      expect((await post('abort', root, { path: '/f', upload_id })).text).toBe('{}')
    }
    const late = await send(`${proxy}/mpu/parts/${upload_id}/1`, { method: 'PUT', body: 'x' })
    expect([late.status, json(late.text).error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST'])
    expect((await post('complete', root, { path: '/f', upload_id, parts: [] })).status).toBe(404)
  })

  test.each([
    [{}],
    [{ path: '' }],
    [{ path: '/a/b/..' }],
    [{ path: '/a/' }],
    [{ path: '/f', num_parts: 10_001 }],
    [{ path: '/f', num_parts: -1 }],
    [{ path: '/f', num_parts: 'x' }],
  ])('of %j is refused', async (body) => {
    const reply = await post('create', root, body)
    expect([reply.status, json(reply.text).error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  })

  test('with a body that is no object is refused', async () => {
    const reply = await send(`${proxy}/mpu/create/${root}`, { method: 'POST', body: '[1]' })
    expect(reply.status).toBe(400)
  })
})

describe('a presigned address', () => {
  const ask = (body: object, what = 'download') =>
    send(`/api/2.0/mlflow/artifacts/presigned-${what}-url`, { method: 'POST', body })

  test('downloads, in ranges too', async () => {
    for (const reply of [
      json((await send(`${proxy}/presigned/${root}/model/MLmodel`)).text),
      json((await ask({ run_id: run, path: 'model/MLmodel' })).text),
    ]) {
      expect(reply.file_size).toBe(10)
      const { pathname } = new URL(reply.url ?? reply.presigned_url)
      expect((await send(pathname, { headers: { range: 'bytes=1-2' } })).text).toBe('12')
      expect((await send(pathname, { method: 'PUT', body: 'x' })).status).toBe(404)
    }
    expect((await send(`${proxy}/presigned/${root}/none`)).status).toBe(404)
  })

  test('uploads, to a run or a logged model', async () => {
    for (const [owner, folder] of [
      [{ run_id: run }, root],
      [{ model_id: model }, `0/models/${model}/artifacts`],
    ] as const) {
      const { presigned_url } = json((await ask({ ...owner, path: 'signed' }, 'upload')).text)
      const { pathname } = new URL(presigned_url)
      expect((await send(pathname, { method: 'PUT', body: 'signed' })).text).toBe('{}')
      expect((await send(`${proxy}/artifacts/${folder}/signed`)).text).toBe('signed')
      expect((await send(pathname)).status).toBe(404)
    }
  })

  test.each([
    [{ path: 'a' }],
    [{ run_id: run }],
    [{ run_id: run, model_id: 'm', path: 'a' }],
    [{ run_id: run, path: 'a', expiration: 0 }],
    [{ run_id: run, path: 'a', expiration: 604_801 }],
  ])('for %j is refused', async (body) => {
    expect((await ask(body, 'upload')).status).toBe(400)
  })
})

/** How published attacks on MLflow servers write a path that leaves its place, as the server reads it after one decoding. */
const attacks = [
  '..',
  '../',
  '../../etc/passwd',
  'a/../../b',
  'a/..',
  './a',
  '.',
  '/',
  '/etc/passwd',
  '//etc/passwd',
  'a//b',
  'file:///etc/passwd',
  'file://localhost/etc/passwd',
  'http://127.0.0.1/x',
  '..\\..\\x',
  'a\\..\\b',
  'C:\\Windows\\win.ini',
  'C:/Windows/win.ini',
  '\\\\host\\share',
  '%2e%2e/x',
  '%2e%2e%2fx',
  '..%2f..%2fetc%2fpasswd',
  '%2fetc%2fpasswd',
  'C%3a%2fWindows',
  '%5c%5chost%5cshare',
  '..%5c..%5cx',
  '%252e%252e%252fx',
  '%25252e%25252e%25252fx',
  'a/%2e%2e/%2e%2e/b',
  'a#b',
  '#/../../etc/passwd',
  'a%23b',
  'a%2523/../b',
  'a%00b',
  'a%2500b',
  `${'%25'.repeat(1)}${'25'.repeat(12)}2e`,
]

/** Every route that takes a path: in its address, its query or its body. */
const inAddress = [proxy, proxy.replace('/api/', '/ajax-api/')].flatMap((base) => [
  ['GET', `${base}/artifacts/`],
  ['HEAD', `${base}/artifacts/`],
  ['PUT', `${base}/artifacts/`],
  ['DELETE', `${base}/artifacts/`],
  ['GET', `${base}/presigned/`],
  ['POST', `${base}/mpu/create/`],
  ['POST', `${base}/mpu/complete/`],
  ['POST', `${base}/mpu/abort/`],
])
const inQuery = (): readonly (readonly [string, string])[] => [
  ['GET', `${proxy}/artifacts?path=`],
  ['GET', `/ajax-api/2.0/mlflow-artifacts/artifacts?path=`],
  ['GET', `/api/2.0/mlflow/artifacts/list?run_id=${run}&path=`],
  ['GET', `/get-artifact?run_id=${run}&path=`],
  ['POST', `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run}&path=`],
  ['GET', `/api/2.0/mlflow/logged-models/${model}/artifacts/directories?artifact_directory_path=`],
  ['GET', `/ajax-api/2.0/mlflow/logged-models/${model}/artifacts/files?artifact_file_path=`],
  ['GET', `/api/v1/runs/${run}/artifacts/file?path=`],
  ['DELETE', `/api/v1/runs/${run}/artifacts/file?path=`],
]
/** A folder may end in / and be the root: that leaves nothing. */
const harmlessFolders = new Set(['../', '/'])

describe('a path that leaves its place', () => {
  const everything = async () =>
    JSON.stringify(await listArtifacts({ ctx: suite.ctx, input: { path: '', recursive: true } }))
  let before: string
  beforeAll(async () => {
    before = await everything()
  })

  function expectRefused(reply: { status: number; text: string }, method: string): void {
    expect(reply.text).not.toContain(secret)
    expect(reply.status).toBe(400)
    if (method !== 'HEAD') expect(reply.text).toMatch(/Invalid path/)
  }

  test.each(attacks)('is refused everywhere: %s', async (attack) => {
    const body = { path: '/f', num_parts: 1, upload_id: 'x', parts: [] }
    for (const [method = '', base = ''] of inAddress) {
      // Encoded as a client does, and with the slashes as they are.
      for (const target of new Set([encodeURIComponent(attack), attack.split('/').map(encodeURIComponent).join('/')])) {
        const sent = method === 'POST' ? { method, body } : method === 'PUT' ? { method, body: 'x' } : { method }
        expectRefused(await send(`${base}${target}`, sent), method)
      }
    }
    for (const [method, base] of inQuery()) {
      if (harmlessFolders.has(attack) && attack !== '../') continue
      const sent = method === 'POST' ? { method, body: 'x' } : { method }
      expectRefused(await send(`${base}${encodeURIComponent(attack)}`, sent), method)
    }
    for (const what of ['upload', 'download']) {
      const asked = { method: 'POST', body: { run_id: run, path: attack } }
      expectRefused(await send(`/api/2.0/mlflow/artifacts/presigned-${what}-url`, asked), 'POST')
    }
  })

  test.each([
    '../../../../etc/passwd',
    '..%2f..%2f..%2fetc/passwd',
    '%2e%2e/%2e%2e/etc/passwd',
    '..;/..;/etc/passwd',
    '....//....//etc/passwd',
    '%c0%ae%c0%ae/etc/passwd',
    '%uff0e%uff0e/etc/passwd',
    '\u0001',
    '%ff',
    '%',
    '%2',
    '%zz',
  ])('written as %s never gets anything', async (target) => {
    for (const [method = '', base = ''] of inAddress) {
      if (method === 'PUT' || method === 'POST') continue
      const reply = await send(`${base}${encodeURI(target) === target ? target : encodeURI(target)}`, { method })
      expect([200, 400, 404]).toContain(reply.status)
      expect(reply.text).not.toContain(secret)
      if (method !== 'DELETE') expect(reply.status).not.toBe(200)
    }
  })

  afterAll(async () => {
    expect(await everything()).toBe(before)
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
  })
})

test('keys of addresses that no server made open nothing', async () => {
  for (const key of ['%00', 'none', 'a'.repeat(1000), '%ed%a0%80']) {
    for (const method of ['GET', 'PUT']) {
      const { status } = await send(`${proxy}/links/${key}`, { method, ...(method === 'PUT' ? { body: 'x' } : {}) })
      expect([key, method, [400, 404].includes(status)]).toEqual([key, method, true])
    }
  }
})
