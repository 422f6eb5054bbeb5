import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { testSourceScope } from '../../../../test/support/source-scope.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { httpDriver } from './http-driver.js'
import type { SourceScope } from './source-driver.js'

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')
const csv = { format: 'csv', dialect: { header: true } } as const

let context: TestContext
beforeAll(async () => {
  context = await openTestContext()
})
afterAll(() => context.close())

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
  // Whatever happened, nothing unfinished stays but what can be taken up.
  expect((await staged()).filter((name) => !name.startsWith('fetch-'))).toEqual([])
})

const staged = () => readdir(context.ctx.blobs.stagingFolder)

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const scopeOf = (more: Parameters<typeof testSourceScope>[1] = {}) => testSourceScope(context, more)

async function listOne(
  url: string,
  scope: SourceScope = scopeOf(),
  more: { sha256?: string; token_env?: string } = {},
) {
  const { token_env, sha256: declared } = more
  const { items } = await httpDriver.list(
    {
      kind: 'http',
      files: [{ url, ...(declared === undefined ? {} : { sha256: declared }) }],
      content: csv,
      ...(token_env === undefined ? {} : { token_env }),
    },
    scope,
  )
  const [item] = items
  if (item === undefined) expect.fail('the source has no item')
  return item
}

/** Fetches the file and gives its text; the file is released. */
async function fetchText(url: string, scope?: SourceScope, more?: { sha256?: string; token_env?: string }) {
  const item = await listOne(url, scope, more)
  const told: number[] = []
  const file = await item.open((bytes) => told.push(bytes))
  const text = await readFile(file.path, 'utf8')
  expect(file).toMatchObject({ bytes: Buffer.byteLength(text), sha256: sha256(text) })
  await file.release()
  return { text, told, item }
}

/** A server of one file that knows tags and ranges. `cut` breaks each reply after so many bytes. */
function fileServer(content: () => string, options: { cut?: (index: number) => number | undefined } = {}) {
  const seen: { method: string | undefined; range: string | undefined; status: number }[] = []
  let index = 0
  const answer = (request: IncomingMessage, reply: ServerResponse) => {
    const body = Buffer.from(content())
    const etag = `"${sha256(body).slice(0, 12)}"`
    const asked = /^bytes=(\d+)-/.exec(request.headers.range ?? '')
    const isRest = asked !== null && (request.headers['if-range'] ?? etag) === etag
    const start = isRest ? Number(asked[1]) : 0
    const status = isRest ? 206 : 200
    seen.push({ method: request.method, range: request.headers.range, status })
    reply.writeHead(status, {
      etag,
      'content-length': body.length - start,
      ...(isRest ? { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` } : {}),
    })
    if (request.method === 'HEAD') return void reply.end()
    const cut = options.cut?.(index++)
    if (cut === undefined || cut >= body.length - start) return void reply.end(body.subarray(start))
    reply.write(body.subarray(start, start + cut), () => setImmediate(() => reply.destroy()))
  }
  return { answer, seen }
}

const lines = (count: number) => Array.from({ length: count }, (_, index) => `${index},${index * 7919}`).join('\n')

describe('fetching', () => {
  test('a file comes with its tag as mark, its size and a name without what may be secret', async () => {
    const { answer } = fileServer(() => 'a,b\n1,2\n')
    const url = await serve(answer)
    const { text, item, told } = await fetchText(`${url}/data/usage.csv?signature=secret`)
    expect(text).toBe('a,b\n1,2\n')
    expect(item).toMatchObject({
      name: `${url}/data/usage.csv`,
      bytes: 8,
      mark: expect.stringContaining(sha256(text).slice(0, 12)),
    })
    expect(told.at(-1)).toBe(8)
    expect(await staged()).toEqual([])
  })

  test('addresses that differ behind the question mark keep it', async () => {
    const { answer } = fileServer(() => 'a\n1\n')
    const url = await serve(answer)
    const files = [{ url: `${url}/f?month=1` }, { url: `${url}/f?month=2` }]
    const { items, mode } = await httpDriver.list({ kind: 'http', files, content: csv }, scopeOf())
    expect([mode, ...items.map(({ name }) => name)]).toEqual(['whole', `${url}/f?month=1`, `${url}/f?month=2`])
  })

  test('a connection that breaks again and again is taken up where it broke', async () => {
    const content = lines(20_000)
    const { answer, seen } = fileServer(() => content, { cut: () => 40_000 })
    const url = await serve(answer)
    const { text } = await fetchText(`${url}/broken.csv`)
    expect(sha256(text)).toBe(sha256(content))
    const ranges = seen.filter(({ method }) => method === 'GET')
    expect(ranges.length).toBeGreaterThan(5)
    expect(ranges.slice(1).every(({ status }) => status === 206)).toBe(true)
    expect(await staged()).toEqual([])
  })

  test('a server without ranges that breaks once is asked for all again', async () => {
    const content = lines(2000)
    let gets = 0
    const url = await serve((request, reply) => {
      reply.writeHead(200, { 'content-length': content.length })
      if (request.method === 'HEAD') return void reply.end()
      gets += 1
      if (gets > 1) return void reply.end(content)
      reply.write(content.slice(0, 5000), () => setImmediate(() => reply.destroy()))
    })
    const { text, item } = await fetchText(`${url}/f.csv`)
    expect([text, gets, item.mark]).toEqual([content, 2, undefined])
  })

  test('a server that always breaks at the same place is given up', async () => {
    let gets = 0
    const url = await serve((request, reply) => {
      reply.writeHead(200, { 'content-length': 1000 })
      if (request.method === 'HEAD') return void reply.end()
      gets += 1
      reply.write('x'.repeat(500), () => setImmediate(() => reply.destroy()))
    })
    await expect(fetchText(`${url}/f.csv`)).rejects.toMatchObject({
      code: 'source_unavailable',
      params: { path: `${url}/f.csv` },
    })
    // The first one goes forward, then as many as are allowed.
    expect(gets).toBe(6)
    expect(await staged()).toEqual([])
  })

  test('a file that changes while it is fetched comes as it is at last', async () => {
    const [old, fresh] = [lines(3000), lines(3000).replaceAll('1', '2')]
    let current = old
    const { answer } = fileServer(() => current, {
      cut(index) {
        if (index > 0) return undefined
        setImmediate(() => {
          current = fresh
        })
        return 10_000
      },
    })
    const url = await serve(answer)
    const { text } = await fetchText(`${url}/f.csv`)
    expect(sha256(text)).toBe(sha256(fresh))
    expect(await staged()).toEqual([])
  })

  test('what a killed process had on disk is taken up, after a look at what it is', async () => {
    const content = lines(100_000)
      .repeat(70)
      .slice(0, 80 * 1024 * 1024)
    let allowed = 50 * 1024 * 1024
    const { answer, seen } = fileServer(() => content, { cut: () => allowed })
    const url = await serve(answer)
    const abort = new AbortController()
    const item = await listOne(`${url}/f.csv`, scopeOf({ ctx: { ...context.ctx, signal: abort.signal } }))
    await expect(
      item.open((bytes) => {
        if (bytes > 40 * 1024 * 1024) abort.abort(new Error('killed'))
      }),
    ).rejects.toThrow('killed')
    expect((await staged()).filter((name) => name.startsWith('fetch-')).length).toBe(2)
    allowed = Number.POSITIVE_INFINITY
    seen.length = 0
    const file = await (await listOne(`${url}/f.csv`)).open(() => {})
    expect([file.bytes, file.sha256]).toEqual([content.length, sha256(content)])
    await file.release()
    const start = Number(/bytes=(\d+)-/.exec(seen.find(({ method }) => method === 'GET')?.range ?? '')?.[1])
    expect(start).toBeGreaterThanOrEqual(32 * 1024 * 1024)
    expect(await staged()).toEqual([])
  })

  test('a cancelled fetch ends with the reason of the cancellation and leaves nothing', async () => {
    const url = await serve((request, reply) => {
      reply.writeHead(200, { 'content-length': 1000, etag: '"x"' })
      if (request.method === 'HEAD') reply.end()
      else reply.write('some')
    })
    const abort = new AbortController()
    const item = await listOne(`${url}/f.csv`, scopeOf({ ctx: { ...context.ctx, signal: abort.signal } }))
    await expect(item.open(() => abort.abort(new Error('cancelled')))).rejects.toThrow('cancelled')
    expect(await staged()).toEqual([])
  })

  test('an empty file is an empty file', async () => {
    const { answer } = fileServer(() => '')
    expect((await fetchText(`${await serve(answer)}/f.csv`)).text).toBe('')
  })

  test('a server that does not answer HEAD is asked for one byte', async () => {
    const { answer } = fileServer(() => 'a\n1\n')
    const url = await serve((request, reply) => {
      if (request.method !== 'HEAD') return answer(request, reply)
      reply.writeHead(405).end()
    })
    const { text, item } = await fetchText(`${url}/f.csv`)
    expect([text, item.bytes]).toEqual(['a\n1\n', 4])
    expect(item.mark).toBeDefined()
  })

  test('a server that is busy for a moment is asked again', async () => {
    const { answer } = fileServer(() => 'a\n1\n')
    let asked = 0
    const url = await serve((request, reply) => {
      asked += 1
      if (asked % 3 === 0) return answer(request, reply)
      reply.writeHead(503).end()
    })
    expect((await fetchText(`${url}/f.csv`)).text).toBe('a\n1\n')
  })
})

describe('a declared checksum', () => {
  test('is the mark, and what has it is taken', async () => {
    const { answer, seen } = fileServer(() => 'a\n1\n')
    const url = await serve(answer)
    const declared = sha256('a\n1\n')
    const item = await listOne(`${url}/f.csv`, scopeOf(), { sha256: declared })
    expect([item.mark, seen]).toEqual([`sha256:${declared}`, []])
    expect((await fetchText(`${url}/f.csv`, scopeOf(), { sha256: declared })).text).toBe('a\n1\n')
  })

  test('refuses another content and keeps nothing of it', async () => {
    const { answer } = fileServer(() => 'a\n2\n')
    const url = await serve(answer)
    await expect(fetchText(`${url}/f.csv`, scopeOf(), { sha256: sha256('a\n1\n') })).rejects.toMatchObject({
      code: 'source_checksum_mismatch',
      params: { found: sha256('a\n2\n'), expected: sha256('a\n1\n'), path: `${url}/f.csv` },
    })
    expect(await staged()).toEqual([])
  })
})

describe('redirects', () => {
  test('are followed, and the token goes to the first origin only', async () => {
    const tokens: (string | undefined)[] = []
    const { answer } = fileServer(() => 'a\n1\n')
    const cdn = await serve((request, reply) => {
      tokens.push(request.headers.authorization)
      answer(request, reply)
    })
    const hub = await serve((request, reply) => {
      if (request.headers.authorization !== 'Bearer hf_secret') return void reply.writeHead(401).end()
      const location = request.url === '/repo/resolve/main/f.csv' ? '/repo/resolve/1234/f.csv' : `${cdn}/f.csv`
      reply.writeHead(request.url?.includes('main') === true ? 307 : 302, { location }).end()
    })
    const scope = scopeOf({ secrets: { HF_TOKEN: 'hf_secret' } })
    const { text } = await fetchText(`${hub}/repo/resolve/main/f.csv`, scope, { token_env: 'HF_TOKEN' })
    expect([text, tokens]).toEqual(['a\n1\n', [undefined, undefined]])
    const refused = await fetchText(`${hub}/repo/resolve/main/f.csv`).then(undefined, (error: unknown) => error)
    expect(refused).toMatchObject({ code: 'source_denied' })
    await expect(fetchText(`${hub}/f.csv`, scopeOf(), { token_env: 'HF_TOKEN' })).rejects.toMatchObject({
      code: 'source_secret_missing',
      params: { name: 'HF_TOKEN' },
    })
  })

  test('that go on for ever, or to something else than the web, are refused', async () => {
    let hops = 0
    const url = await serve((request, reply) => {
      hops += 1
      const location = request.url === '/file' ? 'file:///etc/passwd' : `/again${hops}`
      reply.writeHead(302, { location }).end()
    })
    await expect(fetchText(`${url}/loop`)).rejects.toMatchObject({ code: 'source_unavailable' })
    expect(hops).toBe(11)
    await expect(fetchText(`${url}/file`)).rejects.toMatchObject({ code: 'source_unavailable' })
  })
})

describe('answers that are no file', () => {
  test.each([
    [404, 'source_not_found', 2],
    [410, 'source_not_found', 2],
    [401, 'source_denied', 2],
    [403, 'source_denied', 2],
    [400, 'source_unavailable', 2],
    [500, 'source_unavailable', 10],
  ])('status %i is %s', async (status, code, asked) => {
    let count = 0
    const url = await serve((_request, reply) => {
      count += 1
      reply.writeHead(status).end('<html>')
    })
    await expect(fetchText(`${url}/f.csv`)).rejects.toMatchObject({ code })
    expect(count).toBe(asked)
  })

  test('a password in the address is refused without being told', async () => {
    const error = await fetchText('https://user:hunter2@example.org/f.csv').then(undefined, (thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'source_options_invalid', params: { field: 'files.0.url' } })
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2')
  })
})

describe('addresses that are not public', () => {
  const guarded = () => scopeOf({ allowsPrivate: () => false })

  test.each([
    'http://127.0.0.1:1/f.csv',
    'http://127.1:1/f.csv',
    'http://2130706433:1/f.csv',
    'http://0x7f.1:1/f.csv',
    'http://0177.0.0.1:1/f.csv',
    'http://[::1]:1/f.csv',
    'http://[::ffff:127.0.0.1]:1/f.csv',
    'http://[fe80::1]:1/f.csv',
    'http://10.0.0.1/f.csv',
    'http://192.168.1.1/f.csv',
    'http://169.254.169.254/latest/meta-data',
    'http://localhost:1/f.csv',
    'http://0.0.0.0:1/f.csv',
  ])('%s is refused', async (url) => {
    await expect(fetchText(url, guarded())).rejects.toMatchObject({ code: 'source_address_private' })
  })

  test('nothing is sent to them', async () => {
    let asked = 0
    const url = await serve((_request, reply) => {
      asked += 1
      reply.end('a\n1\n')
    })
    await expect(fetchText(`${url}/f.csv`, guarded())).rejects.toMatchObject({
      code: 'source_address_private',
      params: { address: '127.0.0.1' },
    })
    expect(asked).toBe(0)
  })

  test('an allowed host does not open others: each hop is checked', async () => {
    let asked = 0
    const inner = await serve((_request, reply) => {
      asked += 1
      reply.end('secret of the inside')
    })
    const outer = await serve((_request, reply) => {
      reply.writeHead(302, { location: `${inner}/admin` }).end()
    })
    const scope = scopeOf({ allowsPrivate: ({ origin }) => origin === outer })
    await expect(fetchText(`${outer}/f.csv`, scope)).rejects.toMatchObject({
      code: 'source_address_private',
      params: { url: `${outer}/f.csv`, address: '127.0.0.1' },
    })
    expect(asked).toBe(0)
  })
})
