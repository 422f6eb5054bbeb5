import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { addFolder } from './add-folder.js'
import { type QuickServer, quickServer } from './quick-server.js'

const added = {
  snapshot_id: 'snap_1',
  content_hash: 'ab',
  is_new: true,
  files: 2,
  files_read: 2,
  bytes: 3,
  left_out: [],
  left_out_count: 0,
}
const job = (state: string, more: object = {}) => ({ id: 'job_1', state, ...more })

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A server that gives each question its reply, and what it was asked; what has no reply is not found. */
async function answering(replies: Readonly<Record<string, unknown>>) {
  const asked: { question: string; body: unknown; language: string | undefined }[] = []
  const server = createServer((request, reply) => {
    let text = ''
    request.on('data', (part: Buffer) => {
      text += part.toString()
    })
    request.on('end', () => {
      const question = `${request.method} ${request.url}`
      const body: unknown = text === '' ? undefined : JSON.parse(text)
      asked.push({ question, body, language: request.headers['accept-language'] })
      const found = replies[question]
      reply.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' })
      reply.end(typeof found === 'string' ? found : JSON.stringify(found ?? {}))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  const quick = quickServer(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'fr')
  if (quick === undefined) throw new Error('The address is good')
  closing.unshift(() => quick.close())
  return { quick, asked }
}

const add = (quick: QuickServer, untilOver = false) =>
  addFolder(quick, { place: '/place', path: '/data', reason: 'new', waitMs: 7, untilOver })
const looked = 'GET /api/v1/jobs/job_1?wait_ms=7'

test('gives what was added by a job that was soon over', async () => {
  const over = job('succeeded', { result: added })
  const { quick, asked } = await answering({ 'POST /place/add': job('queued'), [looked]: over })
  expect(await add(quick)).toEqual({ job: over, added })
  expect(asked).toEqual([
    { question: 'POST /place/add', body: { path: '/data', reason: 'new' }, language: 'fr' },
    { question: looked, body: undefined, language: 'fr' },
  ])
})

test.each([
  ['goes on', job('running')],
  ['failed', job('failed', { error: { code: 'disk_full' } })],
  ['was cancelled', job('cancelled')],
  ['succeeded with something else', job('succeeded', { result: { rows: 1 } })],
])('leaves a job that %s to whoever follows it', async (_what, last) => {
  const { quick } = await answering({ 'POST /place/add': job('queued'), [looked]: last })
  expect(await add(quick)).toEqual({ job: last, added: undefined })
})

test('waits as often as it takes where it may', async () => {
  const looks = [job('queued'), job('running'), job('succeeded', { result: added }), job('lost')]
  const server: QuickServer = { ask: async (method) => (method === 'POST' ? job('queued') : looks.shift()), close() {} }
  expect(await add(server, true)).toEqual({ job: job('succeeded', { result: added }), added })
  expect(looks).toEqual([job('lost')])
})

test('leaves a job that cannot be looked at, as it was', async () => {
  const { quick } = await answering({ 'POST /place/add': job('queued') })
  expect(await add(quick)).toEqual({ job: job('queued'), added: undefined })
  expect(await add(quick, true)).toEqual({ job: job('queued'), added: undefined })
})

test.each([
  ['a refusal', undefined],
  ['an answer of another program', '<html>'],
  ['an answer without a job', { id: 3 }],
  ['nothing', null],
])('gives nothing for %s', async (_what, reply) => {
  const { quick, asked } = await answering(reply === undefined ? {} : { 'POST /place/add': reply })
  expect(await add(quick)).toBeUndefined()
  expect(asked).toHaveLength(1)
})

test('asks the job to stop at Ctrl-C, and waits for its end', async () => {
  let tellCancelled = () => {}
  const cancelled = new Promise<void>((resolve) => {
    tellCancelled = resolve
  })
  const server: QuickServer = {
    async ask(method, path) {
      if (path === '/place/add') return job('queued')
      if (path === '/api/v1/jobs/job_1/cancel') tellCancelled()
      if (method === 'GET') {
        process.emit('SIGINT')
        await cancelled
        return job('cancelled')
      }
      return {}
    },
    close: () => {},
  }
  const before = process.listenerCount('SIGINT')
  expect(await add(server)).toEqual({ job: job('cancelled'), added: undefined })
  expect(process.listenerCount('SIGINT')).toBe(before)
})
