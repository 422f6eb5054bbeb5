import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Snapshot } from '@fabrique/contract'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestApp, type TestApp } from '../../../../test/support/test-app.js'
import { listJobs, mountJobRoutes } from '../../jobs/index.js'
import { addFiles, mountFileRoutes } from './index.js'

let suite: TestApp
let snapshot: Snapshot
const large = randomBytes(300_000)
const page = '<script>alert(1)</script>'
let image: Buffer

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    mountFileRoutes(app, () => ctx)
    mountJobRoutes(app, () => ctx)
  })
  image = await sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const folder = await mkdtemp(join(suite.folder, 'data-'))
  await mkdir(join(folder, 'été & co'))
  await writeFile(join(folder, 'large.bin'), large)
  await writeFile(join(folder, 'été & co', 'page.html'), page)
  await writeFile(join(folder, 'small.txt'), '0123456789')
  await writeFile(join(folder, 'empty'), '')
  await writeFile(join(folder, 'red.png'), image)
  const input = { project: 'p', dataset: 'files', path: folder, location: folder }
  snapshot = (await addFiles({ ctx: suite.ctx, input })).snapshot
})
afterAll(() => suite?.close())

const address = (path: string) => `/api/v1/snapshots/${snapshot.id}/files/content?path=${encodeURIComponent(path)}`
const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  suite.app.inject({ method: 'GET', url: address(path), headers })

describe('the files of a snapshot', () => {
  test('are listed by page and prefix', async () => {
    const list = `/api/v1/snapshots/${snapshot.id}/files`
    const first = await suite.ok('GET', `${list}?limit=3`)
    expect(first.items.map(({ path }: { path: string }) => path)).toEqual(['empty', 'large.bin', 'red.png'])
    const rest = await suite.ok('GET', `${list}?limit=3&page_token=${first.next_page_token}`)
    expect(rest.items.map(({ path }: { path: string }) => path)).toEqual(['small.txt', 'été & co/page.html'])
    expect(rest.next_page_token).toBeUndefined()
    const below = await suite.ok('GET', `${list}?prefix=${encodeURIComponent('été')}`)
    expect(below.items).toMatchObject([{ path: 'été & co/page.html', bytes: page.length }])
    expect(await suite.send('GET', '/api/v1/snapshots/snap_none/files')).toMatchObject({
      status: 404,
      body: { code: 'snapshot_not_found' },
    })
  })

  test('are sent as they are, small ones, large ones and empty ones', async () => {
    const whole = await get('large.bin')
    expect(whole.statusCode).toBe(200)
    expect(whole.rawPayload.equals(large)).toBe(true)
    expect(whole.headers.etag).toBe(`"${createHash('sha256').update(large).digest('hex')}"`)
    expect((await get('small.txt')).payload).toBe('0123456789')
    const empty = await get('empty')
    expect([empty.statusCode, empty.rawPayload.length]).toEqual([200, 0])
  })

  test('images are shown, and whatever could run is a download that runs nothing', async () => {
    const shown = await get('red.png')
    expect(shown.headers).toMatchObject({ 'content-type': 'image/png', 'content-disposition': 'inline' })
    expect(shown.rawPayload.equals(image)).toBe(true)
    const hostile = await get('été & co/page.html')
    expect(hostile.payload).toBe(page)
    expect(hostile.headers['content-disposition']).toMatch(/^attachment; filename/)
    expect(hostile.headers['x-content-type-options']).toBe('nosniff')
    expect(hostile.headers['content-security-policy']).toBe("sandbox; default-src 'none'")
  })

  test('are sent in parts, and not again to who has them', async () => {
    const part = await get('small.txt', { range: 'bytes=2-4' })
    expect([part.statusCode, part.payload, part.headers['content-range']]).toEqual([206, '234', 'bytes 2-4/10'])
    const end = await get('large.bin', { range: 'bytes=-5' })
    expect(end.rawPayload.equals(large.subarray(-5))).toBe(true)
    const beyond = await get('small.txt', { range: 'bytes=10-' })
    expect([beyond.statusCode, beyond.headers['content-range']]).toEqual([416, 'bytes */10'])
    const etag = String(part.headers.etag)
    expect((await get('small.txt', { 'if-none-match': etag })).statusCode).toBe(304)
    expect((await get('small.txt', { range: 'bytes=2-4', 'if-range': etag })).statusCode).toBe(206)
    expect((await get('small.txt', { range: 'bytes=2-4', 'if-range': '"other"' })).payload).toBe('0123456789')
  })

  test('that are not there are not found, whatever the path says', async () => {
    for (const path of ['a\u0000b', 'none', '../large.bin', '/etc/passwd', "x' or true --"]) {
      const reply = await get(path)
      expect([reply.statusCode, reply.json().code], path).toEqual([404, 'snapshot_file_not_found'])
    }
    expect((await suite.send('GET', `/api/v1/snapshots/${snapshot.id}/files/content`)).status).toBe(400)
  })
})

describe('adding files as a job', () => {
  const add = (dataset: string, path: string) =>
    suite.send('POST', `/api/v1/projects/p/datasets/${dataset}/add`, { path })

  test('is found by its data set, and a second path waits its turn', async () => {
    const first = await add('adding', '/srv/one')
    expect(first).toMatchObject({
      status: 200,
      body: { kind: 'data.add', subject: 'datasets/p/adding', state: 'queued' },
    })
    const { items } = await listJobs({ ctx: suite.ctx, input: { subject: 'datasets/p/adding' } })
    expect(items.map(({ id }) => id)).toEqual([first.body.id])
    expect((await add('adding', '/srv/one')).body.id).toBe(first.body.id)
    expect(await add('adding', '/srv/two')).toMatchObject({ status: 409, body: { code: 'job_open_already' } })
    expect((await add('other', '/srv/two')).status).toBe(200)
  })

  test('is refused where the path is not absolute', async () => {
    expect(await add('adding', 'srv/one')).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', field: 'path' },
    })
  })
})
