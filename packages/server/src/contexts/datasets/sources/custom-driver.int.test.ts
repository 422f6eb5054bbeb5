import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testSourceScope } from '../../../../test/support/source-scope.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { customDriver } from './custom-driver.js'
import type { CustomListing, CustomSource } from './custom-source.js'
import type { SourceScope } from './source-driver.js'

let context: TestContext
beforeAll(async () => {
  context = await openTestContext()
  await mkdir(join(context.folder, 'data'))
  await writeFile(join(context.folder, 'data', 'a.csv'), 'a\n1\n')
})
afterAll(() => context.close())

function listOf(list: CustomSource['list'], more: Partial<SourceScope> = {}) {
  const scope = testSourceScope(context, {
    secrets: { CRM_KEY: 'key' },
    customSource: () => ({ name: 'crm', list }),
    ...more,
  })
  return customDriver.list({ kind: 'custom', driver: 'crm', options: { table: 'leads' } }, scope)
}

/** A listing that code without types could return. */
const untyped = (value: unknown) => value as CustomListing

async function textOf(list: CustomSource['list'], more?: Partial<SourceScope>): Promise<string> {
  const { items } = await listOf(list, more)
  const file = await items[0]?.open(() => {})
  if (file === undefined) expect.fail('there is no part')
  const text = await readFile(file.path, 'utf8')
  expect(file.bytes).toBe(Buffer.byteLength(text))
  await file.release()
  return text
}

const staged = () => readdir(context.ctx.blobs.stagingFolder)

describe('a source in code', () => {
  test('is told its options, secrets and state, and tells parts, mode and state', async () => {
    let seen: unknown
    const listing = await listOf(
      ({ options, secret, state, dataset, project }) => {
        seen = { options, key: secret('CRM_KEY'), state, dataset, project }
        return { parts: [{ name: 'leads', mark: '7', rows: () => [] }], mode: 'added', state: { page: '2' } }
      },
      { state: { page: '1' } },
    )
    expect(seen).toEqual({
      options: { table: 'leads' },
      key: 'key',
      state: { page: '1' },
      dataset: 'usage',
      project: 'shop',
    })
    expect(listing).toMatchObject({ mode: 'added', state: { page: '2' }, items: [{ name: 'leads', mark: '7' }] })
  })

  test('gives rows of any kind as JSON lines', async () => {
    const rows = [
      { id: 9_007_199_254_740_993n, at: new Date('2024-01-02T03:04:05Z'), 'odd "name"': 'a\nb', gone: undefined },
      { id: 1, list: [1, null], flag: true },
    ]
    const expected =
      '{"id":9007199254740993,"at":"2024-01-02T03:04:05.000Z","odd \\"name\\"":"a\\nb","gone":null}\n{"id":1,"list":[1,null],"flag":true}\n'
    expect(await textOf(() => ({ parts: [{ name: 'r', rows: () => rows }] }))).toBe(expected)
    expect(await textOf(() => ({ parts: [{ name: 'r', rows: async () => rows }] }))).toBe(expected)
    async function* stream() {
      yield* rows
    }
    expect(await textOf(() => ({ parts: [{ name: 'r', rows: stream }] }))).toBe(expected)
    const many = await textOf(() => ({
      parts: [{ name: 'r', rows: () => Array.from({ length: 200_000 }, (_, id) => ({ id })) }],
    }))
    expect(many.trimEnd().split('\n')).toHaveLength(200_000)
    expect(await staged()).toEqual([])
  })

  test('gives files, which stay where they are', async () => {
    const listing = await listOf(() => ({
      parts: [
        { name: 'a', file: 'data/a.csv' },
        { name: 'b', file: 'data/b.ndjson.gz' },
        { name: 'c', file: 'data/c.dat', format: { format: 'csv', dialect: { header: false, delimiter: ';' } } },
      ],
    }))
    expect(listing.items.map(({ format }) => format)).toEqual([
      { format: 'csv', dialect: { header: true } },
      { format: 'json' },
      { format: 'csv', dialect: { header: false, delimiter: ';' } },
    ])
    const file = await listing.items[0]?.open(() => {})
    await file?.release()
    expect(await readFile(join(context.folder, 'data', 'a.csv'), 'utf8')).toBe('a\n1\n')
    await expect(listing.items[1]?.open(() => {})).rejects.toMatchObject({ code: 'source_not_found' })
  })
})

describe('code that fails', () => {
  const boom = () => {
    throw new TypeError('no such table')
  }

  test.each<[string, CustomSource['list'], string]>([
    ['throws', boom, 'no such table'],
    ['rejects', async () => boom(), 'no such table'],
    ['returns nothing', () => untyped(undefined), 'list must return'],
    ['returns no list', () => untyped({ parts: 3 }), 'list must return'],
    ['names a part twice', () => ({ parts: [1, 2].map(() => ({ name: 'a', rows: () => [] })) }), 'two parts'],
    ['names none', () => untyped({ parts: [{ rows: () => [] }] }), 'no name'],
    ['gives neither file nor rows', () => untyped({ parts: [{ name: 'a' }] }), 'neither a file nor rows'],
    ['gives another mode', () => untyped({ parts: [], mode: 'some' }), 'mode must be'],
    ['gives a state that is no text', () => untyped({ parts: [], state: { page: 1 } }), 'state.page'],
    ['gives a file of no known format', () => ({ parts: [{ name: 'a', file: 'a.xlsx' }] }), 'format of a.xlsx'],
  ])('%s', async (_name, list, reason) => {
    await expect(listOf(list)).rejects.toMatchObject({
      code: 'source_driver_failed',
      params: { driver: 'crm', reason: expect.stringContaining(reason) },
    })
  })

  test.each<[string, () => Iterable<unknown>, string]>([
    ['a row that is no object', () => [{ a: 1 }, 7], 'row 2 of r is not an object'],
    ['not a number', () => [{ a: Number.NaN }], 'a in row 1 of r is NaN'],
    ['infinity inside', () => [{ a: [Number.POSITIVE_INFINITY] }], 'a in row 1 of r is Infinity'],
    ['a function', () => [{ a: boom }], 'is a function'],
    [
      'a failure in the midst',
      function* () {
        yield { a: 1 }
        boom()
      },
      'no such table',
    ],
  ])('rows with %s', async (_name, rows, reason) => {
    await expect(textOf(() => untyped({ parts: [{ name: 'r', rows }] }))).rejects.toMatchObject({
      code: 'source_driver_failed',
      params: { driver: 'crm', reason: expect.stringContaining(reason) },
    })
    expect(await staged()).toEqual([])
  })

  test('a missing secret is told as such', async () => {
    const list: CustomSource['list'] = ({ secret }) => ({ parts: [{ name: secret('NONE'), rows: () => [] }] })
    await expect(listOf(list)).rejects.toMatchObject({ code: 'source_secret_missing' })
  })

  test('code that never comes back ends with the cancellation', async () => {
    const abort = new AbortController()
    const ctx = { ...context.ctx, signal: abort.signal }
    async function* never() {
      yield { a: 1 }
      abort.abort(new Error('cancelled'))
      await new Promise(() => {})
    }
    await expect(textOf(() => ({ parts: [{ name: 'r', rows: never }] }), { ctx })).rejects.toThrow('cancelled')
    expect(await staged()).toEqual([])
  })
})
