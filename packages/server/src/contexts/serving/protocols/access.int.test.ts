import type { Permission } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sumFile } from '../../../../test/support/onnx-file.js'
import { type ProtocolServer, protocolServer } from '../../../../test/support/protocol-server.js'
import type { Actor } from '../../../platform/verbs/actor.js'
import { mountProtocols } from './mount-protocols.js'

let actor: Actor
let server: ProtocolServer
beforeAll(async () => {
  server = await protocolServer({ sum: [sumFile()], other: [sumFile()] }, [mountProtocols], () => actor)
})
afterAll(() => server?.close())

const may = (permissions: readonly Permission[], models?: readonly string[]): Actor => ({
  kind: 'user',
  id: 'user:anna',
  permissions: new Set(permissions),
  ...(models === undefined ? {} : { models: new Set(models) }),
})

const inputs = [
  { name: 'a', datatype: 'FP32', shape: [1], data: [1] },
  { name: 'b', datatype: 'INT64', shape: [1], data: [1] },
]
const predictions = (model: string) =>
  [
    [`/v2/models/${model}/infer`, { inputs }],
    [`/v1/models/${model}:predict`, { instances: [[1, 1]] }],
    [`/api/v1/models/${model}/invocations`, { inputs: { a: [1], b: [1] } }],
  ] as const
const reads = (model: string) => [
  `/v2/models/${model}`,
  `/v2/models/${model}/ready`,
  `/v2/models/${model}/stats`,
  `/v1/models/${model}`,
  `/v1/models/${model}/metadata`,
  `/api/v1/models/${model}/ping`,
]

async function statusOf(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<number> {
  const reply = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json', ...headers },
  })
  const text = await reply.text()
  if (reply.status >= 400)
    expect(Object.keys(JSON.parse(text))).toEqual(path.startsWith('/v') ? ['error'] : ['error_code', 'message'])
  return reply.status
}

describe('who may do what', () => {
  test('who may do nothing learns that the server is there, and no more', async () => {
    actor = may([])
    for (const path of ['/v2', '/v2/health/live', '/v2/health/ready', '/ping'])
      expect([path, await statusOf(path)]).toEqual([path, 200])
    for (const path of [...reads('sum'), '/v2/models', '/v1/models', '/v2/models/stats'])
      expect([path, await statusOf(path)]).toEqual([path, 403])
    for (const [path, body] of predictions('sum')) expect([path, await statusOf(path, body)]).toEqual([path, 403])
    expect(await statusOf('/v2/repository/index', {})).toBe(403)
  })

  test('who reads does not predict, who predicts reads', async () => {
    actor = may(['endpoints.read'])
    for (const path of reads('sum')) expect([path, await statusOf(path)]).toEqual([path, 200])
    for (const [path, body] of predictions('sum')) expect([path, await statusOf(path, body)]).toEqual([path, 403])
    actor = may(['predictions.make'])
    for (const path of reads('sum')) expect([path, await statusOf(path)]).toEqual([path, 200])
    for (const [path, body] of predictions('sum')) expect([path, await statusOf(path, body)]).toEqual([path, 200])
    for (const verb of ['load', 'unload']) expect(await statusOf(`/v2/repository/models/sum/${verb}`, {})).toBe(403)
  })

  test('a grant of one model is none of another, also by its alias', async () => {
    actor = may(['predictions.make', 'models.write'], ['sum'])
    for (const model of ['other', 'other@champion', 'none']) {
      for (const path of reads(model)) expect([path, await statusOf(path)]).toEqual([path, 403])
      for (const [path, body] of predictions(model)) expect([path, await statusOf(path, body)]).toEqual([path, 403])
    }
    for (const verb of ['load', 'unload']) expect(await statusOf(`/v2/repository/models/other/${verb}`, {})).toBe(403)
    for (const [path, body] of predictions('sum@champion'))
      expect([path, await statusOf(path, body)]).toEqual([path, 200])
  })
})

test('a model that was unloaded is not ready and not there, until it is loaded again', async () => {
  actor = may(['predictions.make', 'models.write', 'endpoints.read'])
  expect(await statusOf('/v2/repository/models/other/unload', {})).toBe(200)
  expect(await statusOf('/v2/models/other/ready')).toBe(404)
  for (const [path, body] of predictions('other')) expect([path, await statusOf(path, body)]).toEqual([path, 404])
  expect(await statusOf('/v2/models/sum/ready')).toBe(200)
  expect(await statusOf('/v2/repository/models/other/load', {})).toBe(200)
  expect(await statusOf('/v2/models/other/ready')).toBe(200)
  for (const [path, body] of predictions('other')) expect([path, await statusOf(path, body)]).toEqual([path, 200])
})

test('a time to wait that is none is refused', async () => {
  actor = may(['predictions.make'])
  for (const [path, body] of predictions('sum')) {
    expect([path, await statusOf(path, body, { 'x-request-timeout-ms': 'soon' })]).toEqual([path, 400])
    expect([path, await statusOf(path, body, { 'x-request-timeout-ms': '10000' })]).toEqual([path, 200])
  }
})
