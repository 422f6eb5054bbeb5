import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DatasetDefinition, isFabriqueError, ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { applyProject } from '../projects/index.js'
import { ingest, listSnapshots, previewSnapshot } from './index.js'

let suite: TestContext
let projects = 0
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const columns = {
  id: { type: 'integer' },
  size: { type: 'number' },
  kind: { type: 'category', values: ['a', 'b'] },
  day: { type: 'date', nullable: true },
} as const

/** A project of its own with one data set `data` from a file `data.csv` of the given content. */
async function projectWith(content: string | Uint8Array, declared: object = columns): Promise<string> {
  projects += 1
  const name = `p${projects}`
  const folder = join(suite.folder, name)
  await mkdir(folder)
  await writeFile(join(folder, 'data.csv'), content)
  const dataset = { name: 'data', source: { kind: 'csv', path: 'data.csv' }, columns: declared }
  const definition = ProjectDefinition.parse({ name, datasets: [dataset], models: [] })
  await applyProject({ ctx: suite.ctx, input: { folder, definition } })
  return name
}

const take = (project: string) => ingest({ ctx: suite.ctx, input: { project, dataset: 'data' } })

async function failureOf(content: string | Uint8Array, declared?: object) {
  const project = await projectWith(content, declared)
  const error = await take(project).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  const { items } = await listSnapshots({ ctx: suite.ctx, input: { project, dataset: 'data' } })
  expect(items).toEqual([])
  expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
  if (!isFabriqueError(error)) throw new Error(`Expected an error of the catalogue, got ${String(error)}`)
  return error
}

const good = 'id,size,kind,day\n1,0.5,a,2026-01-01\n2,1.5,b,\n'

describe('ingest', () => {
  test('makes a snapshot of typed columns', async () => {
    const { snapshot, created } = await take(await projectWith(good))
    expect(created).toBe(true)
    expect(snapshot.row_count).toBe(2)
    expect(snapshot.columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
      'id:integer',
      'size:number',
      'kind:category',
      'day:date',
    ])
    const preview = await previewSnapshot({ ctx: suite.ctx, input: { snapshot: snapshot.id, limit: 10 } })
    expect(preview.rows).toEqual([
      ['1', 0.5, 'a', '2026-01-01'],
      ['2', 1.5, 'b', null],
    ])
  })

  test('gives the same snapshot for the same content', async () => {
    const project = await projectWith(good)
    const first = await take(project)
    const again = await take(project)
    expect(again).toEqual({ snapshot: first.snapshot, created: false })
  })

  test('gives the same snapshot for other bytes with the same content', async () => {
    const project = await projectWith(good)
    const first = await take(project)
    await appendFile(join(suite.folder, project, 'data.csv'), '\n')
    const again = await take(project)
    expect(again.created).toBe(false)
    expect(again.snapshot.id).toBe(first.snapshot.id)
  })

  test('makes another snapshot for other content', async () => {
    const project = await projectWith(good)
    const first = await take(project)
    await appendFile(join(suite.folder, project, 'data.csv'), '3,2.5,a,\n')
    const next = await take(project)
    expect(next.created).toBe(true)
    expect(next.snapshot.content_hash).not.toBe(first.snapshot.content_hash)
    expect(next.snapshot.row_count).toBe(3)
  })

  test('infers columns that are not declared', async () => {
    const { snapshot } = await take(await projectWith('a,b,c\n1,x,2026-01-01\n2,y,2026-01-02\n', {}))
    expect(snapshot.columns.map(({ type, declared }) => [type, declared])).toEqual([
      ['integer', false],
      ['text', false],
      ['date', false],
    ])
  })

  test('detects the delimiter and quotes', async () => {
    const { snapshot } = await take(await projectWith('id;size;kind;day\n1;0.5;"a";\n2;1;b;2026-02-03\n'))
    expect(snapshot.row_count).toBe(2)
  })
})

describe('ingest refuses', () => {
  const cases: readonly [name: string, content: string | Uint8Array, code: string, text: RegExp][] = [
    ['an empty file', '', 'source_empty', /no rows/],
    ['a file with a header only', 'id,size,kind,day\n', 'source_empty', /no rows/],
    ['a missing column', 'id,size,kind\n1,2,a\n', 'source_columns_mismatch', /missing day/],
    ['a line with too many columns', `${good}3,1,a,2026-01-01,9\n`, 'source_rows_rejected', /line 4.*too many columns/],
    ['a line with too few columns', `${good}3,1\n`, 'source_rows_rejected', /line 4.*too few columns/],
    ['a value of another type', `${good}3,big,a,\n`, 'source_rows_rejected', /line 4, column size, value "big"/],
    ['a value outside the category', `${good}3,1,z,\n`, 'source_rows_rejected', /line 4, column kind, value "z"/],
    ['a missing value', `${good}3,,a,\n`, 'source_rows_rejected', /line 4, column size, value \(empty\)/],
    ['a number that is not finite', `${good}3,nan,a,\n`, 'source_rows_rejected', /line 4, column size.*not a finite/],
    ['an open quote', `${good}3,1,"a,\n`, 'source_rows_rejected', /line 4/],
    ['bytes that are not UTF-8', Buffer.from(`${good}3,1,\xe9,\n`, 'latin1'), 'source_unreadable', /UTF-8/],
    [
      'a line that is too long',
      `${good}3,1,${'a'.repeat(3_000_000)},\n`,
      'source_unreadable',
      /line 4 has 3000005 bytes/,
    ],
    ['a file of zero bytes', new Uint8Array(10_000), 'source_', /./],
  ]
  test.each(cases)('%s', async (_name, content, code, text) => {
    const error = await failureOf(content)
    expect(error.code).toMatch(code)
    expect(error.message).toMatch(text)
  })

  test('a file that is not there', async () => {
    const project = await projectWith(good)
    const dataset: Partial<DatasetDefinition> = { name: 'data', source: { kind: 'csv', path: 'gone.csv' } }
    const definition = ProjectDefinition.parse({ name: project, datasets: [dataset], models: [] })
    await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
    await expect(take(project)).rejects.toMatchObject({ code: 'source_not_found' })
  })
})
