import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestBucket, type TestBucket, testS3Endpoint } from '../../../test/support/s3-server.js'
import { downloadObject, openS3 } from './index.js'

const mib = 1024 * 1024
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Bytes that differ everywhere, so that parts in a wrong order would show. */
function patterned(bytes: number): Buffer {
  const content = Buffer.alloc(bytes)
  for (let at = 0; at + 4 <= bytes; at += 4) content.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at)
  return content
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-s3-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.skipIf(testS3Endpoint === undefined)('an S3 server', () => {
  let place: TestBucket
  beforeAll(async () => {
    place = await openTestBucket()
  })
  afterAll(() => place.close())

  test('a small and a large object come back as they went, whole and by range', async () => {
    const { s3, bucket } = place
    const large = patterned(21 * mib + 17)
    await s3.put(bucket, 'a/small.txt', Buffer.from('small'))
    const told: number[] = []
    const parts = Array.from({ length: 22 }, (_, index) => large.subarray(index * mib, (index + 1) * mib))
    await s3.put(bucket, 'a/large.bin', Readable.from(parts), {
      bytes: large.length,
      report: (bytes) => told.push(bytes),
    })
    expect(told.at(-1)).toBe(large.length)
    const whole = await s3.get(bucket, 'a/large.bin')
    expect(whole.bytes).toBe(large.length)
    expect(sha256(await buffer(whole.body))).toBe(sha256(large))
    const some = await s3.get(bucket, 'a/large.bin', { range: { start: 9 * mib, end: 9 * mib + 9 } })
    expect(await buffer(some.body)).toEqual(large.subarray(9 * mib, 9 * mib + 10))
    expect(await s3.head(bucket, 'a/small.txt')).toMatchObject({ key: 'a/small.txt', bytes: 5 })
    expect(await s3.head(bucket, 'a/none')).toBeUndefined()
  })

  test('lists more objects than one page has, in the order of their keys', async () => {
    const { s3, bucket } = place
    const keys = Array.from({ length: 1203 }, (_, index) => `many/${String(index).padStart(5, '0')} é&.txt`)
    for (let start = 0; start < keys.length; start += 50) {
      await Promise.all(keys.slice(start, start + 50).map((key) => s3.put(bucket, key, Buffer.from(key))))
    }
    const listed: string[] = []
    for await (const { key, bytes, etag } of s3.list(bucket, 'many/')) {
      expect([bytes, etag]).toEqual([Buffer.byteLength(key), createHash('md5').update(key).digest('hex')])
      listed.push(key)
    }
    expect(listed).toEqual(keys)
    await s3.delete(bucket, [...keys, 'many/not there'])
    for await (const { key } of s3.list(bucket, 'many/')) expect.fail(`${key} is still there`)
    // A thousand small requests take their time on a busy machine.
  })

  test('of writers that must not replace anything one wins', async () => {
    const { s3, bucket } = place
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) => s3.putNew(bucket, 'only-one', Buffer.from(`writer ${index}`))),
    )
    expect(results.filter((result) => result === 'created')).toHaveLength(1)
    expect(results.filter((result) => result === 'exists')).toHaveLength(7)
    expect(await s3.putNew(bucket, 'only-one', Buffer.from('later'))).toBe('exists')
  })

  test('an upload that fails or is aborted leaves no object', async () => {
    const { s3, bucket } = place
    async function* breaking() {
      yield patterned(12 * mib)
      throw new Error('the disk went away')
    }
    await expect(s3.put(bucket, 'broken', Readable.from(breaking()))).rejects.toThrow('the disk went away')
    expect(await s3.head(bucket, 'broken')).toBeUndefined()
    const abort = new AbortController()
    async function* endless() {
      for (;;) {
        yield patterned(6 * mib)
        abort.abort(new Error('cancelled'))
      }
    }
    await expect(s3.put(bucket, 'broken', Readable.from(endless()), { signal: abort.signal })).rejects.toThrow(
      'cancelled',
    )
    expect(await s3.head(bucket, 'broken')).toBeUndefined()
  })

  test('a download goes on where a killed one stopped, and refuses another content', async () => {
    const { s3, bucket } = place
    const content = patterned(3 * mib)
    await s3.put(bucket, 'resumed', content)
    const object = await s3.head(bucket, 'resumed')
    if (object === undefined) expect.fail('the object is not there')
    const path = join(folder, 'resumed')
    await writeFile(path, content.subarray(0, mib))
    const told: number[] = []
    await downloadObject(s3, { bucket, object, path, report: (bytes) => told.push(bytes) })
    expect(told[0]).toBeGreaterThan(mib)
    expect(sha256(await readFile(path))).toBe(sha256(content))
    await s3.put(bucket, 'resumed', patterned(2 * mib))
    await rm(path)
    await expect(downloadObject(s3, { bucket, object, path })).rejects.toMatchObject({ code: 's3_changed' })
  })

  test('an empty object is an empty file', async () => {
    const { s3, bucket } = place
    await s3.put(bucket, 'empty', Buffer.alloc(0))
    const object = await s3.head(bucket, 'empty')
    if (object === undefined) expect.fail('the object is not there')
    await downloadObject(s3, { bucket, object, path: join(folder, 'empty') })
    expect(await readFile(join(folder, 'empty'))).toHaveLength(0)
  })

  test('what is not there is told as such', async () => {
    const { s3, bucket } = place
    await expect(s3.get(bucket, 'nothing')).rejects.toMatchObject({
      code: 's3_not_found',
      params: { location: `s3://${bucket}/nothing` },
    })
    await expect(s3.list('no-such-bucket-of-ours', '')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 's3_not_found',
    })
  })
})

describe('a server that fails', () => {
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret-of-the-key' }

  async function serve(answer: RequestListener) {
    const server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const close = () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    }
    return { endpoint: `http://127.0.0.1:${port}`, close }
  }

  test.each([
    [403, 'AccessDenied', 's3_denied'],
    [403, 'SignatureDoesNotMatch', 's3_denied'],
    [404, 'NoSuchBucket', 's3_not_found'],
    [503, 'SlowDown', 's3_unavailable'],
    [400, 'InvalidRequest', 's3_unavailable'],
  ])('a reply %i %s is %s', async (status, name, code) => {
    let asked = 0
    const server = await serve((_request, reply) => {
      asked += 1
      reply.writeHead(status, { 'content-type': 'application/xml' })
      reply.end(`<?xml version="1.0"?><Error><Code>${name}</Code><Message>As told</Message></Error>`)
    })
    const s3 = openS3({ endpoint: server.endpoint, credentials, attemptsMax: 2 })
    const error = await s3.get('bucket', 'key').then(undefined, (reason: unknown) => reason)
    await server.close()
    expect(error).toMatchObject({ code })
    expect(String(error)).not.toContain('secret-of-the-key')
    expect(asked).toBe(status === 503 ? 2 : 1)
  })

  test('no server at all is s3_unavailable', async () => {
    const server = await serve(() => {})
    await server.close()
    const s3 = openS3({ endpoint: server.endpoint, credentials, attemptsMax: 2 })
    await expect(s3.head('bucket', 'key')).rejects.toMatchObject({ code: 's3_unavailable' })
  })

  test('a download survives connections that break as long as it goes forward', async () => {
    const content = patterned(100_000)
    const ranges: (string | undefined)[] = []
    const server = await serve((request, reply) => {
      ranges.push(request.headers.range)
      const start = Number(/bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0)
      const total = content.length - start
      reply.writeHead(start === 0 ? 200 : 206, { 'content-length': total, etag: '"tag"' })
      reply.write(content.subarray(start, start + 15_000), () => {
        if (total <= 15_000) reply.end()
        else setImmediate(() => reply.destroy())
      })
    })
    const s3 = openS3({ endpoint: server.endpoint, credentials })
    const path = join(folder, 'broken')
    await downloadObject(s3, { bucket: 'b', object: { key: 'k', etag: 'tag', bytes: content.length }, path })
    await server.close()
    expect(sha256(await readFile(path))).toBe(sha256(content))
    expect(ranges.length).toBeGreaterThanOrEqual(7)
    expect(ranges[0]).toBeUndefined()
  })
})
