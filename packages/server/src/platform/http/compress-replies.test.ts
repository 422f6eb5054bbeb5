import { gunzipSync } from 'node:zlib'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compressed, compressReplies } from './compress-replies.js'

let app: FastifyInstance
const long = { items: Array.from({ length: 1000 }, (_, index) => `item ${index}`) }

beforeAll(async () => {
  app = Fastify()
  await compressReplies(app)
  app.get('/long', { ...compressed }, async () => long)
  app.get('/short', { ...compressed }, async () => ({ items: [] }))
  app.get('/predict', async () => long)
  await app.ready()
})
afterAll(() => app?.close())

const remote = { remoteAddress: '192.0.2.7', headers: { 'accept-encoding': 'gzip, deflate' } }
const proxied = { headers: { ...remote.headers, 'x-forwarded-for': '192.0.2.7' } }

test.each([
  ['from elsewhere', remote],
  ['through a proxy on this machine', proxied],
])('a long reply is compressed for clients %s', async (_, from) => {
  const reply = await app.inject({ url: '/long', ...from })
  expect(reply.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' })
  expect(JSON.parse(gunzipSync(reply.rawPayload).toString())).toEqual(long)
  expect(reply.rawPayload.length).toBeLessThan(JSON.stringify(long).length / 3)
})

test('browsers get brotli', async () => {
  const headers = { 'accept-encoding': 'gzip, deflate, br, zstd' }
  const reply = await app.inject({ url: '/long', remoteAddress: '192.0.2.7', headers })
  expect(reply.headers['content-encoding']).toBe('br')
})

test.each([
  ['a client on this machine', '/long', { headers: remote.headers, remoteAddress: '127.0.0.1' }],
  ['a client on this machine by IPv6', '/long', { headers: remote.headers, remoteAddress: '::1' }],
  ['a client that does not take it', '/long', { remoteAddress: '192.0.2.7' }],
  ['a short reply', '/short', remote],
  ['a prediction', '/predict', remote],
])('%s is left as it is', async (_, url, from) => {
  const reply = await app.inject({ url, ...from })
  expect(reply.headers['content-encoding']).toBeUndefined()
  expect(() => reply.json()).not.toThrow()
})
