import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { quickServer } from './quick-server.js'
import { quickPlace, recheckFolder } from './recheck-folder.js'

const unchanged = {
  snapshot_id: 'snap_1',
  content_hash: 'ab',
  is_new: false,
  files: 2,
  files_read: 0,
  bytes: 3,
  left_out: [],
  left_out_count: 0,
}

let close = async () => {}
afterEach(() => close())

/** Asks as `start` does. */
async function recheck(path: string, { url, name }: { readonly url: string; readonly name: string }) {
  const place = quickPlace(name)
  const server = quickServer(url, 'en')
  if (place === undefined || server === undefined) return undefined
  try {
    return await recheckFolder(server, place, path)
  } finally {
    server.close()
  }
}

/** A server that gives one reply, and what it was asked. */
async function answering(status: number, body: string) {
  const asked: { url?: string | undefined; body: string }[] = []
  const server = createServer((request, reply) => {
    let text = ''
    request.on('data', (part: Buffer) => {
      text += part.toString()
    })
    request.on('end', () => {
      asked.push({ url: request.url, body: text })
      reply.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  close = () => new Promise((resolve) => server.close(() => resolve()))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked }
}

test('gives what the server says of a folder that did not change', async () => {
  const { url, asked } = await answering(200, JSON.stringify({ unchanged }))
  expect(await recheck('/data/é', { url, name: 'shop/pictures' })).toEqual(unchanged)
  expect(asked).toEqual([
    { url: '/api/v1/projects/shop/datasets/pictures/recheck', body: JSON.stringify({ path: '/data/é' }) },
  ])
})

test.each([
  ['a folder that changed', 200, '{}'],
  ['an answer of another program', 200, '<html>'],
  ['an answer without a snapshot', 200, JSON.stringify({ unchanged: { ...unchanged, snapshot_id: undefined } })],
  ['an answer that says it is new', 200, JSON.stringify({ unchanged: { ...unchanged, is_new: true } })],
  ['nothing', 200, 'null'],
  ['a failure', 500, JSON.stringify({ unchanged })],
  ['a server that does not know the route', 404, '{}'],
])('leaves %s to the full program', async (_what, status, body) => {
  const { url } = await answering(status, body)
  expect(await recheck('/data', { url, name: 'shop/pictures' })).toBeUndefined()
})

test('leaves wrong names and addresses, and a server that is away, to the full program', async () => {
  const { url, asked } = await answering(200, JSON.stringify({ unchanged }))
  for (const name of ['shop', 'shop/', '/pictures', 'shop/pictures/more']) {
    expect(await recheck('/data', { url, name })).toBeUndefined()
  }
  expect(await recheck('/data', { url: 'ftp://127.0.0.1', name: 'shop/pictures' })).toBeUndefined()
  expect(asked).toEqual([])
  await close()
  close = async () => {}
  expect(await recheck('/data', { url, name: 'shop/pictures' })).toBeUndefined()
})
