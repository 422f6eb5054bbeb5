import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rolePermissions } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { goodPassword } from '../../test/support/auth-app.js'
import { openTestDatabase, type TestDatabase } from '../../test/support/test-database.js'
import { readConfig } from './config/index.js'
import type { Role } from './role.js'
import { type MountedRoute, startServer } from './run-server.js'

let database: TestDatabase
let folder: string
let server: Role
let viewer: Record<string, string>
const routes: MountedRoute[] = []

const send = (method: string, path: string, headers: Record<string, string> = {}, body?: object) =>
  fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: 'manual',
  })

/** The whole server as it is started, with an admin and a viewer. */
beforeAll(async () => {
  database = await openTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'fabrique-access-'))
  const env = { DATABASE_URL: database.url, FABRIQUE_LOG_FORMAT: 'off', FABRIQUE_RATE_LOGIN: '1000/s' }
  const config = readConfig({ flags: { port: '0' }, env, projectDir: folder })
  server = await startServer({ config, webFolder: folder, role: 'server', onRoute: (route) => routes.push(route) })
  const admin = { authorization: `Basic ${Buffer.from(`anna:${goodPassword}`).toString('base64')}` }
  const make = (name: string, role: string) =>
    send('POST', '/api/v1/users', admin, { name, role, password: goodPassword })
  expect((await make('anna', 'admin')).status).toBe(200)
  expect((await make('vera', 'viewer')).status).toBe(200)
  const login = await send('POST', '/api/v1/session', {}, { name: 'vera', password: goodPassword })
  viewer = { cookie: login.headers.get('set-cookie')?.split(';')[0] ?? '' }
})
afterAll(async () => {
  await server?.stop()
  await database?.close()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

/** What answers without a login, and why it may. */
const open = new Set([
  // Whether a server is up: for probes that know no key.
  'GET /health',
  'GET /version',
  'GET /ping',
  'GET /v2',
  'GET /v2/health/live',
  'GET /v2/health/ready',
  // The way in.
  'GET /api/v1/session',
  'POST /api/v1/session',
  'DELETE /api/v1/session',
  'POST /api/v1/first-admin',
  'GET /api/v1/oidc/login',
  'GET /api/v1/oidc/callback',
  'POST /api/v1/password-link',
  'POST /token',
  // Addresses that cannot be guessed and end by themselves: clients of MLflow send no credentials there.
  ...['/api', '/ajax-api'].flatMap((root) => [
    `GET ${root}/2.0/mlflow-artifacts/links/:key`,
    `PUT ${root}/2.0/mlflow-artifacts/links/:key`,
    `PUT ${root}/2.0/mlflow-artifacts/mpu/parts/:upload/:part`,
  ]),
])

const addressOf = (path: string) => path.replace(/:\w+/g, '1').replace('*', 'x')

test('each route needs a login, but for those that must not', async () => {
  const found: string[] = []
  for (const { methods, path, access } of routes) {
    for (const method of methods) {
      const name = `${method === 'HEAD' ? 'GET' : method} ${path}`
      const reply = await send(method, addressOf(path))
      await reply.arrayBuffer()
      const isOpen = open.has(name)
      if ((reply.status === 401) === isOpen || (access === 'public') !== isOpen) found.push(`${reply.status} ${name}`)
      if (!isOpen && !reply.headers.get('www-authenticate')?.includes('realm="fabrique"'))
        found.push(`no challenge: ${name}`)
    }
  }
  expect(found).toEqual([])
  expect(routes.length).toBeGreaterThan(300)
})

/** Reads of protocols that are sent as POST: to be seen by their names. */
const isRead =
  /\/(search|search-datasets|batchGetInfos|metrics|calculate-filter-correlation|get-latest-versions|get-online-features|presigned-download-url|infer|index|invocations)$/

/** A body that has, of what a route of MLflow says is missing, one after the other. */
const values: Readonly<Record<string, unknown>> = {
  trace_ids: ['1'],
  trace: {
    trace_info: {
      trace_id: 'tr-1',
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '1' } },
      request_time: '2026-11-22T10:00:00Z',
      state: 'OK',
    },
  },
  assessment: { assessment_name: 'a', feedback: { value: 1 }, source: { source_type: 'HUMAN', source_id: 'x' } },
  tags: '{"a":"b"}',
  records: '[]',
  models: [{ model_id: 'm-1', step: 0 }],
  experiment_ids: ['1'],
  prompt_versions: [{ name: 'p', version: '1' }],
  max_results: 1,
  timestamp_ms: 1,
  timestamp: 1,
  value: 1,
  step: 1,
  num_parts: 1,
}

test('a viewer changes nothing: each route says 403 before it does anything', async () => {
  const mayNot: string[] = []
  for (const { methods, path, access } of routes) {
    // What is nowhere, and what is declared to be for those who may read.
    if (access === 'public' || path.endsWith('*') || isRead.test(path)) continue
    for (const method of methods.filter((name) => !['GET', 'HEAD', 'OPTIONS'].includes(name))) {
      if (access !== undefined && rolePermissions.viewer.includes(access)) continue
      const body: Record<string, unknown> = {}
      let last = ''
      for (let round = 0; round < 12 && !last.startsWith('403'); round += 1) {
        const reply = await send(method, addressOf(path), viewer, body)
        const text = await reply.text()
        last = `${reply.status} ${method} ${path}: ${text.slice(0, 160)}`
        const missing = /(?:Missing value for required parameter|for parameter) '(\w+)'/.exec(text)?.[1]
        if (missing === undefined || missing in body) break
        body[missing] = values[missing] ?? '1'
      }
      if (!last.startsWith('403') && !last.includes('ENDPOINT_NOT_FOUND')) mayNot.push(last)
    }
  }
  expect(mayNot).toEqual([])
})

test('a viewer reads', async () => {
  for (const path of [
    '/api/v1/models',
    '/api/v1/projects',
    '/status',
    '/metrics',
    '/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default',
  ]) {
    const reply = await send('GET', path, viewer)
    expect([path, reply.status]).toEqual([path, 200])
  }
  expect((await send('GET', '/mlflow-status', viewer)).status).toBe(200)
})

test('the OpenAPI document has every way to log in, for the Authorize of Swagger', async () => {
  const reply = await send('GET', '/openapi.json')
  const { components, security, paths } = (await reply.json()) as {
    components: { securitySchemes: Record<string, unknown> }
    security: Record<string, unknown>[]
    paths: Record<string, Record<string, { security?: unknown }>>
  }
  expect(components.securitySchemes.OAuth2PasswordBearer).toEqual({
    type: 'oauth2',
    flows: { password: { tokenUrl: '/token', scopes: {} } },
  })
  expect(security.map((way) => Object.keys(way)[0])).toEqual(Object.keys(components.securitySchemes))
  expect(paths['/token']?.post?.security).toEqual([])
  expect(paths['/api/v1/models']?.get?.security).toBeUndefined()
  // Swagger UI itself asks for nothing, also with the document of one model, which wants the rights of its reader.
  for (const path of ['/docs/', '/docs/?model=iris', '/docs/static/theme/model.js']) {
    expect((await send('GET', path)).status, path).toBe(200)
  }
})

test('a stream ends with the login that it was opened with', async () => {
  const login = await send('POST', '/api/v1/session', {}, { name: 'vera', password: goodPassword })
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  const [stream, other] = await Promise.all([
    send('GET', '/api/v1/events', { cookie }),
    send('GET', '/api/v1/events', viewer),
  ])
  expect([stream.status, other.status]).toEqual([200, 200])
  expect((await send('DELETE', '/api/v1/session', { cookie })).status).toBe(200)
  // Ends whole, so that a browser has no error to tell; that of the other login goes on.
  expect(await stream.text()).toMatch(/\n\n$/)
  const reader = other.body?.getReader()
  let heard = ''
  while (!heard.includes('logged out')) heard += new TextDecoder().decode((await reader?.read())?.value)
  await reader?.cancel()
})
