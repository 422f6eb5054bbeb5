import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { deleteArtifact, listArtifacts, openArtifact, putArtifact } from './index.js'

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
