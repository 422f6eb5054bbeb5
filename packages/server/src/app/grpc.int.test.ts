import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, credentials, Metadata, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { goodPassword } from '../../test/support/auth-app.js'
import { openTestDatabase, type TestDatabase } from '../../test/support/test-database.js'
import { readConfig } from './config/index.js'
import type { Role } from './role.js'
import { startServer } from './run-server.js'

let database: TestDatabase
let folder: string
let server: Role
let client: Client

const basic = (name: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${goodPassword}`).toString('base64')}`,
})

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A server with users, which answers gRPC, and allows two predictions an hour. */
beforeAll(async () => {
  database = await openTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'fabrique-grpc-'))
  const grpcPort = await freePort()
  const env = { DATABASE_URL: database.url, FABRIQUE_LOG_FORMAT: 'off', FABRIQUE_RATE_PREDICT: '2/hour' }
  const config = readConfig({ flags: { port: '0', grpcPort: String(grpcPort) }, env, projectDir: folder })
  server = await startServer({ config, webFolder: folder, role: 'server' })
  for (const [name, role] of [
    ['anna', 'admin'],
    ['vera', 'viewer'],
  ] as const) {
    const reply = await fetch(`http://127.0.0.1:${server.port}/api/v1/users`, {
      method: 'POST',
      headers: { ...basic('anna'), 'content-type': 'application/json' },
      body: JSON.stringify({ name, role, password: goodPassword }),
    })
    expect(reply.status).toBe(200)
  }
  client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure())
})
afterAll(async () => {
  client?.close()
  await server?.stop()
  await database?.close()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

const proto = fileURLToPath(new URL('../../proto/inference.proto', import.meta.url))
const service = loadSync(proto, { keepCase: true, defaults: true })['inference.GRPCInferenceService'] as Readonly<
  Record<string, MethodDefinition<object, object>>
>

/** The status of a call, and the code of the catalogue where it is refused. */
async function ask(name: string, message: object, headers: Readonly<Record<string, string>> = {}) {
  const method = service[name]
  if (method === undefined) throw new Error(`There is no call ${name}`)
  const metadata = new Metadata()
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value)
  const { path, requestSerialize, responseDeserialize } = method
  const error = await new Promise<ServiceError | null>((resolve) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, message, metadata, resolve)
  })
  return error === null ? ['OK'] : [status[error.code], error.metadata.get('error-code')[0]]
}

test('probes need no login, all else does', async () => {
  expect(await ask('ServerLive', {})).toEqual(['OK'])
  expect(await ask('ServerReady', {})).toEqual(['OK'])
  expect(await ask('ServerMetadata', {})).toEqual(['OK'])
  for (const name of ['ModelReady', 'ModelStatistics', 'RepositoryIndex', 'ModelInfer']) {
    expect(await ask(name, {})).toEqual(['UNAUTHENTICATED', 'login_required'])
  }
  const wrong = { authorization: `Basic ${Buffer.from('vera:wrong').toString('base64')}` }
  expect(await ask('RepositoryIndex', {}, wrong)).toEqual(['UNAUTHENTICATED', 'login_failed'])
  expect(await ask('RepositoryIndex', {}, basic('vera'))).toEqual(['OK'])
})

test('roles hold, and a rate counts calls with requests over HTTP', async () => {
  expect(await ask('RepositoryModelLoad', { model_name: 'm' }, basic('vera'))).toEqual([
    'PERMISSION_DENIED',
    'permission_denied',
  ])
  expect(await ask('RepositoryModelLoad', { model_name: 'm' }, basic('anna'))).toEqual([
    'NOT_FOUND',
    'model_not_served',
  ])
  const overHttp = await fetch(`http://127.0.0.1:${server.port}/v2/models/m/infer`, {
    method: 'POST',
    headers: { ...basic('vera'), 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }] }),
  })
  expect(overHttp.status).toBe(404)
  expect(await ask('ModelInfer', { model_name: 'm' }, basic('vera'))).toEqual(['NOT_FOUND', 'model_not_served'])
  expect(await ask('ModelInfer', { model_name: 'm' }, basic('vera'))).toEqual(['RESOURCE_EXHAUSTED', 'rate_limited'])
  expect(await ask('ModelInfer', { model_name: 'm' }, basic('anna'))).toEqual(['NOT_FOUND', 'model_not_served'])
})
