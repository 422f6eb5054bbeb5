import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { limit } from '../../kernel/index.js'
import { inTransaction } from '../../platform/index.js'
import {
  abortUpload,
  artifactBytesUnder,
  completeUpload,
  createArtifactLink,
  createUpload,
  deleteArtifact,
  listArtifactPage,
  listArtifacts,
  openArtifact,
  pathOfLink,
  purgeFolder,
  putArtifact,
  putUploadPart,
  sweepBlobs,
} from './index.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const bytes = (value: string) => new TextEncoder().encode(value)
const put = (path: string, content: string | Readable) =>
  putArtifact({ ctx: suite.ctx, input: { path, content: typeof content === 'string' ? bytes(content) : content } })
const list = (path: string, recursive = false) => listArtifacts({ ctx: suite.ctx, input: { path, recursive } })
const read = async (path: string) => text((await openArtifact({ ctx: suite.ctx, input: { path } })).content)
const code = (name: string) => expect.objectContaining({ code: name })

async function eventsAbout(path: string): Promise<readonly string[]> {
  const { rows } = await sql<{ kind: string }>`
    select kind from events where subject = ${`artifacts/${path}`} order by id
  `.execute(suite.ctx.db)
  return rows.map(({ kind }) => kind)
}

test('a stream is stored, listed and read', async () => {
  const stored = await put('1/a/artifacts/model/MLmodel', Readable.from([bytes('hello '), bytes('world')]))
  expect(stored).toEqual({ bytes: 11, sha256: createHash('sha256').update('hello world').digest('hex') })
  await put('1/a/artifacts/notes.txt', 'n')
  expect(await list('1/a/artifacts')).toEqual([
    { path: 'model', is_folder: true },
    { path: 'notes.txt', is_folder: false, bytes: 1, sha256: expect.any(String) },
  ])
  const tree = await list('1/a/artifacts', true)
  expect(tree.map(({ path, is_folder }) => [path, is_folder])).toEqual([
    ['model', true],
    ['model/MLmodel', false],
    ['notes.txt', false],
  ])
  expect(await list('1/a/artifacts/notes.txt')).toEqual([])
  expect(await list('1/a/none')).toEqual([])
  expect((await list('')).map(({ path }) => path)).toContain('1')
  expect(await read('1/a/artifacts/model/MLmodel')).toBe('hello world')
  expect(await eventsAbout('1/a/artifacts/model/MLmodel')).toEqual(['artifact.written'])
})

test('a name that starts like a folder is not in it', async () => {
  await put('2/x/a', '1')
  await put('2/x.b', '2')
  await put('2/x0', '3')
  await put('2/x-', '4')
  expect((await list('2/x')).map(({ path }) => path)).toEqual(['a'])
  expect((await list('2')).map(({ path }) => path).sort()).toEqual(['x', 'x-', 'x.b', 'x0'])
})

test('a file is replaced; the same content again changes nothing', async () => {
  for (const content of ['one', 'two', 'two']) await put('3/f', content)
  expect(await read('3/f')).toBe('two')
  expect(await eventsAbout('3/f')).toEqual(['artifact.written', 'artifact.written'])
})

test('a path is a file or a folder', async () => {
  await put('4/a', 'x')
  await put('4/b/c', 'x')
  await expect(put('4/a/b', 'x')).rejects.toThrowError(code('artifact_path_taken'))
  await expect(put('4/a/b/c', 'x')).rejects.toThrowError(code('artifact_path_taken'))
  await expect(put('4/b', 'x')).rejects.toThrowError(code('artifact_path_taken'))
})

test('of two writers at once that want a file and a folder, one wins', async () => {
  for (let round = 0; round < 10; round += 1) {
    const root = `5/${round}/artifacts`
    const results = await Promise.allSettled([
      put(`${root}/a`, 'x'),
      put(`${root}/a/b`, 'x'),
      put(`${root}/a/b/c`, 'x'),
    ])
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  }
})

test('a range is read', async () => {
  await put('6/f', '0123456789')
  const part = async (range: { start: number; end?: number } | { last: number }) => {
    const opened = await openArtifact({ ctx: suite.ctx, input: { path: '6/f', range } })
    return [await text(opened.content), opened.range, opened.bytes]
  }
  expect(await part({ start: 2, end: 4 })).toEqual(['234', { start: 2, end: 4 }, 10])
  expect(await part({ start: 8, end: 99 })).toEqual(['89', { start: 8, end: 9 }, 10])
  expect(await part({ start: 7 })).toEqual(['789', { start: 7, end: 9 }, 10])
  expect(await part({ last: 3 })).toEqual(['789', { start: 7, end: 9 }, 10])
  expect(await part({ last: 30 })).toEqual(['0123456789', { start: 0, end: 9 }, 10])
  expect(await part({ start: 10 })).toEqual(['0123456789', undefined, 10])
})

test('a folder is not a file, and what is not there is told', async () => {
  await put('7/a/b', 'x')
  for (const path of ['7/a', '7/none', '7/a/b/c']) {
    await expect(read(path)).rejects.toThrowError(code('artifact_not_found'))
  }
  await expect(read('7/../x')).rejects.toThrowError(code('artifact_path_invalid'))
  await expect(put('../x', 'x')).rejects.toThrowError(code('artifact_path_invalid'))
})

test('files and folders are deleted; again is fine', async () => {
  for (const path of ['8/a/b', '8/a/c/d', '8/ab']) await put(path, path)
  const remove = (path: string) => deleteArtifact({ ctx: suite.ctx, input: { path } })
  expect(await remove('8/a')).toBe(2)
  expect(await remove('8/a')).toBe(0)
  expect((await list('8', true)).map(({ path }) => path)).toEqual(['ab'])
  expect(await eventsAbout('8/a')).toEqual(['artifact.deleted'])
})

test('an upload that ends early leaves nothing', async () => {
  const broken = new Readable({ read() {} })
  broken.push('half')
  const failed = put('9/f', broken)
  setImmediate(() => broken.destroy())
  await expect(failed).rejects.toThrowError(code('invalid_request'))
  expect(await list('9')).toEqual([])
  expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
})

test('a folder is listed page by page', async () => {
  for (const name of ['a/x', 'a.b', 'b', 'c']) await put(`10/${name}`, name)
  const page = (after?: string) => listArtifactPage({ ctx: suite.ctx, input: { path: '10', size: 2, after } })
  expect(await page()).toMatchObject({ files: [{ path: 'a', is_folder: true }, { path: 'a.b' }], isComplete: false })
  expect(await page('a.b')).toMatchObject({ files: [{ path: 'b' }, { path: 'c' }], isComplete: true })
})

describe('an upload in parts', () => {
  const path = '11/r/artifacts/big'
  const create = (part_count: number) => createUpload({ ctx: suite.ctx, input: { path, part_count } })
  const send = async (upload_id: string, part_number: number, content: string | Readable) => {
    const body = typeof content === 'string' ? bytes(content) : content
    const { sha256 } = await putUploadPart({ ctx: suite.ctx, input: { upload_id, part_number, content: body } })
    return { part_number, etag: `"${sha256}"` }
  }
  const complete = (upload_id: string, parts: { part_number: number; etag: string }[], target = path) =>
    completeUpload({ ctx: suite.ctx, input: { upload_id, path: target, parts } })

  test('is put together in the order of its parts, also twice', async () => {
    const { upload_id } = await create(3)
    const third = await send(upload_id, 3, 'three')
    const wrong = await send(upload_id, 1, 'wrong')
    const first = await send(upload_id, 1, 'one')
    const second = await send(upload_id, 2, Readable.from([bytes('t'), bytes('wo')]))
    await expect(complete(upload_id, [wrong, second, third])).rejects.toThrowError(code('artifact_upload_invalid'))
    const parts = [third, first, second]
    const stored = await complete(upload_id, parts)
    expect(stored).toEqual({ bytes: 11, sha256: createHash('sha256').update('onetwothree').digest('hex') })
    expect(await read(path)).toBe('onetwothree')
    expect(await complete(upload_id, parts)).toEqual(stored)
    await abortUpload({ ctx: suite.ctx, input: { upload_id, path } })
    expect(await read(path)).toBe('onetwothree')
    await expect(send(upload_id, 1, 'late')).rejects.toThrowError(code('artifact_upload_not_found'))
  })

  test('of no parts is an empty file', async () => {
    const { upload_id } = await create(0)
    expect(await complete(upload_id, [])).toMatchObject({ bytes: 0 })
  })

  test('needs all its parts, once each, and its own path', async () => {
    const { upload_id } = await create(2)
    const first = await send(upload_id, 1, 'one')
    const invalid = code('artifact_upload_invalid')
    await expect(complete(upload_id, [first])).rejects.toThrowError(invalid)
    await expect(complete(upload_id, [first, first])).rejects.toThrowError(invalid)
    await expect(complete(upload_id, [first, { part_number: 2, etag: first.etag }])).rejects.toThrowError(invalid)
    for (const part of [0, 3, 1.5]) await expect(send(upload_id, part, 'x')).rejects.toThrowError(invalid)
    await expect(complete(upload_id, [first], '11/r/artifacts/other')).rejects.toThrowError(
      code('artifact_upload_not_found'),
    )
    for (const count of [-1, 10_001, 0.5]) await expect(create(count)).rejects.toThrowError(invalid)
    await expect(createUpload({ ctx: suite.ctx, input: { path: '11/../x', part_count: 1 } })).rejects.toThrowError(
      code('artifact_path_invalid'),
    )
  })

  test('keeps nothing of a part that ends early', async () => {
    const { upload_id } = await create(1)
    const broken = new Readable({ read() {} })
    broken.push('half')
    const failed = send(upload_id, 1, broken)
    setImmediate(() => broken.destroy())
    await expect(failed).rejects.toThrowError(code('invalid_request'))
    await expect(complete(upload_id, [{ part_number: 1, etag: '' }])).rejects.toThrowError(/was not uploaded/)
  })

  test('is gone once aborted, and again is fine', async () => {
    const { upload_id } = await create(1)
    const part = await send(upload_id, 1, 'x')
    const abort = () => abortUpload({ ctx: suite.ctx, input: { upload_id, path } })
    await abort()
    await abort()
    await expect(complete(upload_id, [part])).rejects.toThrowError(code('artifact_upload_not_found'))
    await expect(send(upload_id, 1, 'x')).rejects.toThrowError(code('artifact_upload_not_found'))
  })

  test('expires after a day without a part', async () => {
    const { upload_id } = await create(2)
    const half = limit('artifacts.upload_expiry_ms') / 2
    suite.clock.advance(half)
    const first = await send(upload_id, 1, 'one')
    suite.clock.advance(half)
    const second = await send(upload_id, 2, 'two')
    suite.clock.advance(2 * half)
    await expect(complete(upload_id, [first, second])).rejects.toThrowError(code('artifact_upload_not_found'))
  })

  test('is refused where too many are open', async () => {
    await sql`
      insert into artifact_uploads (id, path, part_count, expires_at)
      select 'full-' || n, 'x', 1, now() + interval '100 years' from generate_series(1, 1000) n
    `.execute(suite.ctx.db)
    await expect(create(1)).rejects.toThrowError(code('artifact_uploads_full'))
    await sql`delete from artifact_uploads where id like 'full-%'`.execute(suite.ctx.db)
  })
})

test('a link opens one file, for one purpose and a while', async () => {
  const input = { path: '12/f', access: 'read', expires_in_ms: 1000 } as const
  const { key } = await createArtifactLink({ ctx: suite.ctx, input })
  expect(await pathOfLink(suite.ctx, key, 'read')).toBe('12/f')
  const missing = code('artifact_link_not_found')
  await expect(pathOfLink(suite.ctx, key, 'write')).rejects.toThrowError(missing)
  await expect(pathOfLink(suite.ctx, 'x', 'read')).rejects.toThrowError(missing)
  suite.clock.advance(1000)
  await expect(pathOfLink(suite.ctx, key, 'read')).rejects.toThrowError(missing)
  const reader = { ...suite.ctx.actor, permissions: new Set(['artifacts.read'] as const) }
  const asReader = (access: 'read' | 'write') =>
    createArtifactLink({ ctx: { ...suite.ctx, actor: reader }, input: { ...input, access } })
  await expect(asReader('write')).rejects.toThrowError(code('permission_denied'))
  expect((await asReader('read')).key).not.toBe(key)
  await expect(
    createArtifactLink({ ctx: suite.ctx, input: { ...input, expires_in_ms: 604_800_001 } }),
  ).rejects.toThrowError(code('invalid_request'))
})

test('what folders hold is counted, and purged with what that frees', async () => {
  await put('13/r/artifacts/a', 'aaaa')
  await put('13/r/artifacts/b/c', 'aaaa')
  await put('13/r/artifacts/d', 'shared')
  await put('13/other/artifacts/d', 'shared')
  await put('13/r0', '!')
  const usage = await artifactBytesUnder(suite.ctx, ['13/r', '13', '13/none'])
  expect([...usage]).toEqual([
    ['13/r', { files: 3, bytes: 14 }],
    ['13', { files: 5, bytes: 21 }],
    ['13/none', { files: 0, bytes: 0 }],
  ])
  const purge = (folder: string) => inTransaction(suite.ctx, (ctx) => purgeFolder(ctx, folder))
  expect(await purge('13/r')).toEqual({ files: 3, bytes: 14, bytes_freed: 4 })
  expect(await purge('13/r')).toEqual({ files: 0, bytes: 0, bytes_freed: 0 })
  expect((await list('13', true)).map(({ path }) => path)).toEqual([
    'other',
    'other/artifacts',
    'other/artifacts/d',
    'r0',
  ])
  for (const folder of ['', '/', '..']) await expect(purge(folder)).rejects.toThrowError(code('artifact_path_invalid'))
})

describe('a sweep', () => {
  const sweep = () => sweepBlobs({ ctx: suite.ctx, input: {} })
  const there = async (content: string) =>
    (await suite.ctx.blobs.size(createHash('sha256').update(content).digest('hex'))) !== undefined
  // The files of the store have the times of this machine.
  const toRealTime = () => suite.clock.advance(Date.now() - suite.clock.now().getTime())

  test('knows every table that names content', async () => {
    const { rows } = await sql<{ place: string }>`
      select table_name || '.' || column_name as place from information_schema.columns
      where table_schema = 'public' and column_name ~ '(^|_)(sha256|content_hash|blob)$' and table_name <> 'blob_references'
      except
      select table_name || '.' || column_name from information_schema.view_column_usage
      where view_schema = 'public' and view_name = 'blob_references'
    `.execute(suite.ctx.db)
    const known = [
      // The content of a completed upload is named by its artifact.
      'artifact_uploads.sha256',
      // Hashes of files that lie in packs or outside the store, and what was found out about them: they keep nothing alive.
      'content_md5s.sha256',
      'file_states.sha256',
      'image_facts.sha256',
      'packed_files.pack_sha256',
      'packed_files.sha256',
      'snapshot_parts.source_sha256',
    ]
    expect(rows.map(({ place }) => place).sort()).toEqual(known)
  })

  test('removes old content that nothing names, and nothing else', async () => {
    toRealTime()
    await put('14/kept', 'kept')
    await put('14/gone', 'gone')
    await suite.ctx.blobs.put(bytes('orphan'))
    const { upload_id } = await createUpload({ ctx: suite.ctx, input: { path: '14/u', part_count: 1 } })
    await putUploadPart({ ctx: suite.ctx, input: { upload_id, part_number: 1, content: bytes('part') } })
    const { sha256 } = await suite.ctx.blobs.put(bytes('snapshot'))
    await sql`
      insert into snapshots (id, project, dataset, content_hash, source, columns, row_count, bytes, created_at)
      values ('snap_1', 'p', 'd', ${sha256}, '{}', '[]', 0, 8, now())
    `.execute(suite.ctx.db)
    await deleteArtifact({ ctx: suite.ctx, input: { path: '14/gone' } })
    await sweep()
    expect([await there('orphan'), await there('gone')]).toEqual([true, true])
    suite.clock.advance(limit('blobs.grace_ms') + 60_000)
    const swept = await sweep()
    expect(swept.blobs).toBeGreaterThanOrEqual(2)
    expect([await there('orphan'), await there('gone')]).toEqual([false, false])
    expect([await there('kept'), await there('part'), await there('snapshot')]).toEqual([true, true, true])
    expect(await read('14/kept')).toBe('kept')
    suite.clock.advance(limit('artifacts.upload_expiry_ms'))
    expect(await sweep()).toMatchObject({ expired_uploads: expect.any(Number) })
    expect(await there('part')).toBe(false)
    expect(await sweep()).toEqual({ blobs: 0, bytes: 0, unfinished: 0, expired_uploads: 0 })
  })

  test('takes nothing from writers that write the same content meanwhile', async () => {
    for (let round = 0; round < 10; round += 1) {
      const content = `contested ${round}`
      await suite.ctx.blobs.put(bytes(content))
      await setTimeout(60)
      // The first writing is too old to be kept, and the next ones are young. Times of files are a few ms behind the clock.
      suite.clock.advance(Date.now() - 30 + limit('blobs.grace_ms') - suite.clock.now().getTime())
      await Promise.all([sweep(), put('15/f', content), sweep()])
      expect(await read('15/f')).toBe(content)
    }
  })
})
