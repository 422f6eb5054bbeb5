import { appendFileSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { isFabriqueError, type JobProgress, type Json, ProjectDefinition } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { applyProject } from '../projects/index.js'
import {
  getDataset,
  getIngest,
  ingest,
  listIngests,
  listQuarantine,
  listSnapshots,
  previewSnapshot,
  resolveSnapshot,
} from './index.js'
import { writeQuarantineCsv } from './quarantine.js'
import { ensureProfile, findProfile } from './snapshots/ensure-profile.js'

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

/** A project of its own with one data set `data` and these files in its folder. */
async function projectOf(
  source: object,
  dataset: object = {},
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<string> {
  projects += 1
  const name = `p${projects}`
  const folder = join(suite.folder, name)
  await mkdir(folder)
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  const definition = ProjectDefinition.parse({ name, datasets: [{ name: 'data', source, ...dataset }], models: [] })
  await applyProject({ ctx: suite.ctx, input: { folder, definition } })
  return name
}

/** A project whose data set is the file `data.csv` of the given content. */
const projectWith = (content: string | Uint8Array, declared: object = columns) =>
  projectOf({ kind: 'csv', paths: ['data.csv'] }, { columns: declared }, { 'data.csv': content })

async function rowsOf(snapshot: string): Promise<readonly (readonly Json[])[]> {
  const { rows } = await previewSnapshot({ ctx: suite.ctx, input: { snapshot, limit: 100 } })
  return rows
}

async function blobCount(): Promise<number> {
  let count = 0
  for await (const hash of suite.ctx.blobs.list()) count += hash.length / 64
  return count
}

/** The engine packs a column of lines, which come out as they were. */
async function zstdOf(text: string): Promise<Buffer> {
  const path = join(suite.folder, 'packed.zst')
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => `('${line}')`)
    .join(', ')
  await suite.ctx.data.use((connection) =>
    connection.run(
      `copy (select * from (values ${lines}) t (l)) to '${path}' (format csv, header false, quote '', escape '', delimiter '\t', compression zstd)`,
    ),
  )
  return readFile(path)
}

/** Each a second after the one before. */
async function take(project: string) {
  suite.clock.advance(1000)
  return ingest({ ctx: suite.ctx, input: { project, dataset: 'data' } })
}

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
const goodLines =
  '{"id": 1, "size": 0.5, "kind": "a", "day": "2026-01-01"}\n{"id": 2, "size": 1.5, "kind": "b", "day": null}\n'

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
    expect(again).toMatchObject({ snapshot: first.snapshot, created: false })
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

  test('a source that goes back to an earlier content has the earlier snapshot again, also as of then', async () => {
    const project = await projectWith(good)
    const path = join(suite.folder, project, 'data.csv')
    const first = await take(project)
    await appendFile(path, '3,2.5,a,\n')
    const second = await take(project)
    const between = suite.clock.now().toISOString()
    await writeFile(path, good)
    expect(await take(project)).toMatchObject({ created: false, snapshot: { id: first.snapshot.id } })
    const resolved = async (ref: string) =>
      (await resolveSnapshot({ ctx: suite.ctx, input: { project, dataset: 'data', ref } })).id
    expect(await resolved('latest')).toBe(first.snapshot.id)
    expect(await resolved(between)).toBe(second.snapshot.id)
    const { latest_snapshot } = await getDataset({ ctx: suite.ctx, input: { project, dataset: 'data' } })
    expect(latest_snapshot?.id).toBe(first.snapshot.id)
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
    ['a missing column', 'id,size,day\n1,2,\n', 'source_rows_rejected', /line 2, column kind.*does not have it/],
    ['a column that is there twice', 'id,size,kind,day,id\n1,2,a,,1\n', 'source_columns_mismatch', /id more than once/],
    ['a line with too many columns', `${good}3,1,a,2026-01-01,9\n`, 'source_rows_rejected', /line 4.*5 values instead/],
    ['a line with too few columns', `${good}3,1\n`, 'source_rows_rejected', /line 4.*2 values instead/],
    ['a value of another type', `${good}3,big,a,\n`, 'source_rows_rejected', /line 4, column size, value "big"/],
    ['a fraction for an integer', `${good}3.5,1,a,\n`, 'source_rows_rejected', /line 4, column id, value "3.5"/],
    ['a moment for a day', `${good}3,1,a,2026-01-01 10:00\n`, 'source_rows_rejected', /line 4, column day/],
    ['a value outside the category', `${good}3,1,z,\n`, 'source_rows_rejected', /line 4, column kind, value "z"/],
    ['a missing value', `${good}3,,a,\n`, 'source_rows_rejected', /line 4, column size, value \(empty\)/],
    ['a number that is not finite', `${good}3,nan,a,\n`, 'source_rows_rejected', /line 4, column size.*not_finite/],
    ['an open quote', `${good}3,1,"a,\n`, 'source_rows_rejected', /line 4/],
    ['a letter of another encoding', Buffer.from(`${good}3,1,\xe9,\n`, 'latin1'), 'source_rows_rejected', /value "é"/],
    [
      'a line that is too long',
      `${good}3,1,${'a'.repeat(3_000_000)},\n`,
      'source_rows_rejected',
      /line 4.*Longer than/,
    ],
    ['a file of zero bytes', new Uint8Array(10_000), 'source_', /./],
  ]
  test.each(cases)('%s', async (_name, content, code, text) => {
    const error = await failureOf(content)
    expect(error.code).toMatch(code)
    expect(error.message).toMatch(text)
  })

  test('a file that is not there', async () => {
    const project = await projectOf({ kind: 'csv', paths: ['gone.csv'] })
    await expect(take(project)).rejects.toMatchObject({ code: 'source_not_found' })
    const none = await projectOf({ kind: 'csv', paths: ['*.csv'] })
    await expect(take(none)).rejects.toMatchObject({ code: 'source_not_found', params: { path: '*.csv' } })
  })

  test('a folder, a broken archive and a file without rights', async () => {
    const folder = await projectOf({ kind: 'csv', paths: ['x.csv'] })
    await mkdir(join(suite.folder, folder, 'x.csv'))
    await expect(take(folder)).rejects.toMatchObject({ code: 'source_unreadable' })
    const broken = await projectOf({ kind: 'csv', paths: ['x.csv.gz'] })
    await writeFile(join(suite.folder, broken, 'x.csv.gz'), gzipSync(good).subarray(0, 30))
    await expect(take(broken)).rejects.toMatchObject({ code: 'source_unreadable' })
    const cut = await projectOf({ kind: 'parquet', paths: ['x.parquet'] })
    await writeFile(join(suite.folder, cut, 'x.parquet'), 'PAR1 and no more')
    await expect(take(cut)).rejects.toMatchObject({ code: 'source_unreadable' })
    const list = await projectOf({ kind: 'json', paths: ['x.json'] })
    await writeFile(join(suite.folder, list, 'x.json'), '[{"a": 1}, {"a": ')
    await expect(take(list)).rejects.toMatchObject({ code: 'source_unreadable' })
  })
})

/** One bad row of each kind, some good ones, and one row over two lines. */
const brokenMonth = Buffer.concat([
  Buffer.from('id,size,kind,day,note\n'),
  Buffer.from('1,0.5,a,2026-01-01,fine\n'), // line 2, good
  Buffer.from('2,big,a,2026-01-02,wrong type\n'), // 3
  Buffer.from('3,1.5,b,,"two\nlines"\n'), // 4 and 5, good
  Buffer.from('1,2.5,a,2026-01-03,copy of 1\n'), // 6
  Buffer.from('5,,a,2026-01-04,no size\n'), // 7
  Buffer.from('6,5000,a,2026-01-05,too large\n'), // 8
  Buffer.from('7,-1,a,2026-01-06,too small\n'), // 9
  Buffer.from('8,1,z,2026-01-07,no such kind\n'), // 10
  Buffer.from('9,1,a,2026-02-30,no such day\n'), // 11
  Buffer.from('10,1\n'), // 12
  Buffer.from('11,1,a,2026-01-08,more,values\n'), // 13
  Buffer.from('12,1,a,2026-01-09,caf'),
  Buffer.from([0xe9, 10]), // 14
  Buffer.from('13,1,a,2026-01-10,café\n'), // 15, good
  Buffer.from('14,inf,a,2026-01-11,no end\n'), // 16
  Buffer.from('15,1,a,2026-01-12,"open\n'), // 17
  Buffer.from('16,1,b,2026-01-13,fine\r\n'), // 18, good
  Buffer.from('17,1.5,a,2026-0'), // 19, cut off
])

const brokenRows = [
  [3, 'type', 'size', 'big'],
  [6, 'duplicate_key', 'id', '1'],
  [7, 'missing_value', 'size', undefined],
  [8, 'above_max', 'size', '5000'],
  [9, 'below_min', 'size', '-1'],
  [10, 'not_in_category', 'kind', 'z'],
  [11, 'type', 'day', '2026-02-30'],
  [12, 'too_few_columns', undefined, undefined],
  [13, 'too_many_columns', undefined, undefined],
  [14, 'encoding', undefined, undefined],
  [16, 'not_finite', 'size', 'inf'],
  [17, 'unclosed_quote', undefined, undefined],
  [19, 'too_few_columns', undefined, undefined],
]

describe('a broken month', () => {
  const month = (bad_rows: object) =>
    projectOf(
      { kind: 'csv', paths: ['data.csv'] },
      {
        columns: { ...columns, size: { type: 'number', min: 0, max: 1000 } },
        key: ['id'],
        bad_rows,
      },
      { 'data.csv': brokenMonth },
    )
  const quarantineOf = async (ingestId: string) =>
    (await listQuarantine({ ctx: suite.ctx, input: { ingest: ingestId, limit: 1000 } })).items

  test('is refused under block, and its quarantine can be looked at', async () => {
    const project = await month({ mode: 'block' })
    await expect(take(project)).rejects.toMatchObject({
      code: 'source_rows_rejected',
      params: { count: 13, line: 3, column: 'size', value: '"big"' },
    })
    const { items } = await listIngests({ ctx: suite.ctx, input: { project, dataset: 'data' } })
    expect(items).toMatchObject([
      { state: 'failed', rows_read: 17, rows_good: 4, rows_quarantined: 13, error: { code: 'source_rows_rejected' } },
    ])
    const rows = await quarantineOf(items[0]?.id ?? '')
    expect(rows.map(({ line, reason, column, value }) => [line, reason, column, value])).toEqual(brokenRows)
    expect((await listSnapshots({ ctx: suite.ctx, input: { project, dataset: 'data' } })).items).toEqual([])
  })

  test('gives its good rows under warn, and nothing is lost', async () => {
    const project = await month({ mode: 'warn' })
    const { snapshot, ingest_id } = await take(project)
    expect(snapshot.row_count).toBe(4)
    expect(await rowsOf(snapshot.id)).toEqual([
      ['1', 0.5, 'a', '2026-01-01', 'fine'],
      ['3', 1.5, 'b', null, 'two\nlines'],
      ['13', 1, 'a', '2026-01-10', 'café'],
      ['16', 1, 'b', '2026-01-13', 'fine'],
    ])
    const found = await getIngest({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(found).toMatchObject({
      state: 'succeeded',
      rows_read: 17,
      rows_good: 4,
      rows_quarantined: 13,
      warnings: [{ code: 'rows_set_aside', message: 'Rows set aside: 13 of 17' }],
    })
    const rows = await quarantineOf(ingest_id)
    expect(rows.map(({ line, reason, column, value }) => [line, reason, column, value])).toEqual(brokenRows)
    // The rows as they stood.
    expect(rows.find(({ line }) => line === 12)?.row).toBe('10,1')
    expect(rows.find(({ line }) => line === 14)?.row).toBe('12,1,a,2026-01-09,café')
    expect(rows.find(({ line }) => line === 6)?.row).toBe('1,2.5,a,2026-01-03,copy of 1')
  })

  test('passes a share that is large enough, and no smaller one', async () => {
    const wide = await month({ mode: 'quarantine', max_share: 13 / 17 })
    expect((await take(wide)).snapshot.row_count).toBe(4)
    const narrow = await month({ mode: 'quarantine', max_share: 0.75 })
    await expect(take(narrow)).rejects.toMatchObject({
      code: 'quarantine_share_exceeded',
      params: { count: 13, total: 17, line: 3 },
    })
  })

  test('is read again under another policy', async () => {
    const project = await month({ mode: 'warn' })
    await take(project)
    const definition = ProjectDefinition.parse({
      name: project,
      models: [],
      datasets: [
        {
          name: 'data',
          source: { kind: 'csv', paths: ['data.csv'] },
          columns: { ...columns, size: { type: 'number', min: 0, max: 1000 } },
          key: ['id'],
        },
      ],
    })
    await applyProject({ ctx: suite.ctx, input: { folder: join(suite.folder, project), definition } })
    await expect(take(project)).rejects.toMatchObject({ code: 'source_rows_rejected', params: { count: 13 } })
  })

  test('is grouped and filtered', async () => {
    const { ingest_id } = await take(await month({ mode: 'warn' }))
    const page = await listQuarantine({
      ctx: suite.ctx,
      input: { ingest: ingest_id, reason: 'too_few_columns', limit: 1, offset: 1 },
    })
    expect(page).toMatchObject({ total: 2, items: [{ line: 19 }] })
    expect(page.groups[0]).toEqual({ reason: 'too_few_columns', file: 'data.csv', count: 2 })
    expect(page.groups.reduce((sum, { count }) => sum + count, 0)).toBe(13)
    const target = join(suite.folder, 'quarantine.csv')
    await writeQuarantineCsv({ ctx: suite.ctx, input: { ingest: ingest_id, target } })
    const text = await readFile(target, 'utf8')
    expect(text).toContain("'-1")
    expect(text.split('\n')[0]).toBe('file,line,column,value,reason,detail,row')
    expect(text).toContain('2 values instead of 5')
    const french = { ingest: ingest_id, language: 'fr' as const }
    await writeQuarantineCsv({ ctx: suite.ctx, input: { ...french, target } })
    expect(await readFile(target, 'utf8')).toContain('2 valeurs au lieu de 5')
    const details = (await listQuarantine({ ctx: suite.ctx, input: french })).items.map(({ detail }) => detail?.message)
    expect(details).toContain('Pas du type nombre')
    expect(details).toContain('Le plus petit permis\u202f: 0')
    await expect(listQuarantine({ ctx: suite.ctx, input: { ingest: 'ing_none' } })).rejects.toMatchObject({
      code: 'ingest_not_found',
    })
  })
})

test('rows that lack a declared column are set aside, or null where that is allowed', async () => {
  const project = await projectOf(
    { kind: 'csv', paths: ['*.csv'] },
    { columns, bad_rows: { mode: 'warn' } },
    { 'a.csv': good, 'b.csv': 'id,size,day\n7,1,\n8,2,\n', 'c.csv': 'id,size,kind\n9,1,a\n' },
  )
  const { snapshot, ingest_id } = await take(project)
  expect(snapshot.row_count).toBe(3)
  expect(await rowsOf(snapshot.id)).toContainEqual(['9', 1, 'a', null])
  const { items } = await listQuarantine({ ctx: suite.ctx, input: { ingest: ingest_id } })
  expect(items.map(({ file, line, reason, column }) => [file, line, reason, column])).toEqual([
    ['b.csv', 2, 'missing_column', 'kind'],
    ['b.csv', 3, 'missing_column', 'kind'],
  ])
})

describe('ingest reads', () => {
  const same = async (source: object, files: Readonly<Record<string, string | Uint8Array>>, more: object = {}) => {
    const { snapshot } = await take(await projectOf(source, { columns, ...more }, files))
    expect(await rowsOf(snapshot.id)).toEqual([
      ['1', 0.5, 'a', '2026-01-01'],
      ['2', 1.5, 'b', null],
    ])
  }
  const csv = (name: string, dialect: object = {}) => ({ kind: 'csv', paths: [name], dialect })

  test('gzip and zstd', async () => {
    await same(csv('x.csv.gz'), { 'x.csv.gz': gzipSync(good) })
    await same(csv('x.csv.zst'), { 'x.csv.zst': await zstdOf(good) })
    await same({ kind: 'json', paths: ['x.gz'] }, { 'x.gz': gzipSync(goodLines) })
  })

  test('marks and encodings', async () => {
    await same(csv('x.csv'), { 'x.csv': `\ufeff${good}` })
    await same(csv('x.csv'), { 'x.csv': Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(good, 'utf16le')]) })
    await same(csv('x.csv'), {
      'x.csv': Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(good, 'utf16le').swap16()]),
    })
    await same(csv('x.csv', { encoding: 'utf-16' }), { 'x.csv': Buffer.from(good, 'utf16le') })
    const latin = await projectOf(
      csv('x.csv'),
      { columns: {} },
      { 'x.csv': Buffer.from('a,b\n1,\xe9t\xe9 \x80\n', 'latin1') },
    )
    const { snapshot, ingest_id } = await take(latin)
    expect(await rowsOf(snapshot.id)).toEqual([['1', 'été €']])
    const { warnings } = await getIngest({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(warnings).toMatchObject([{ code: 'read_as_windows_1252', params: { file: 'x.csv' } }])
  })

  test('line ends of all systems', async () => {
    await same(csv('x.csv'), { 'x.csv': good.replaceAll('\n', '\r\n') })
    await same(csv('x.csv'), { 'x.csv': good.replaceAll('\n', '\r') })
    await same(csv('x.csv'), { 'x.csv': good.replace('\n', '\r\n') })
    await same(csv('x.csv'), { 'x.csv': good.trimEnd() })
  })

  test('delimiters, quotes, decimal commas and French days', async () => {
    await same(csv('x.csv'), { 'x.csv': good.replaceAll(',', '\t') })
    await same(csv('x.csv'), { 'x.csv': good.replaceAll(',', '|') })
    await same(csv('x.csv'), { 'x.csv': "id,size,kind,day\n'1',0.5,'a',2026-01-01\n'2',1.5,'b',\n" })
    const french = 'id;size;kind;day\n1;0,5;a;01/01/2026\n2;1,5;b;\n'
    await same(csv('x.csv', { date_format: '%d/%m/%Y' }), { 'x.csv': french })
    const bad = `${french}3;2.5;a;\n4;2,5;a;2026-01-01\n5;x;a;\n`
    const project = await projectOf(
      csv('x.csv', { date_format: '%d/%m/%Y', decimal: ',' }),
      { columns, bad_rows: { mode: 'warn' } },
      { 'x.csv': bad },
    )
    const { snapshot, ingest_id } = await take(project)
    expect(snapshot.row_count).toBe(2)
    const { items } = await listQuarantine({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(items.map(({ line, value }) => [line, value])).toEqual([
      [4, '2.5'],
      [5, '2026-01-01'],
      [6, 'x'],
    ])
  })

  test('texts that stand for no value, and files without a header', async () => {
    await same(csv('x.csv', { null_values: ['NA', '-'] }), { 'x.csv': good.replace('b,', 'b,NA') })
    await same(csv('x.csv', { header: false }), { 'x.csv': good.split('\n').slice(1).join('\n') })
    const { snapshot } = await take(await projectOf(csv('x.csv', { header: false }), {}, { 'x.csv': 'a,1\nb,2\n' }))
    expect(snapshot.columns.map(({ name, type }) => [name, type])).toEqual([
      ['c1', 'text'],
      ['c2', 'integer'],
    ])
  })

  test('lists and lines of JSON', async () => {
    await same({ kind: 'json', paths: ['x.json'] }, { 'x.json': `[${goodLines.trim().replaceAll('\n', ',')}]` })
    await same({ kind: 'json', paths: ['x.ndjson'] }, { 'x.ndjson': goodLines })
    const project = await projectOf(
      { kind: 'json', paths: ['x.ndjson'] },
      { columns, bad_rows: { mode: 'warn' } },
      {
        'x.ndjson': `${goodLines}{"id": 3, \n[1]\n\n{"id": 4.5, "size": 1, "kind": "a"}\n{"id": 5, "size": 1, "kind": "a"}`,
      },
    )
    const { snapshot, ingest_id } = await take(project)
    expect(snapshot.row_count).toBe(3)
    const { items } = await listQuarantine({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(items.map(({ line, reason, column }) => [line, reason, column])).toEqual([
      [3, 'not_parsed', undefined],
      [4, 'not_parsed', undefined],
      [6, 'type', 'id'],
    ])
  })

  test('Parquet', async () => {
    const project = await projectOf({ kind: 'parquet', paths: ['x.parquet'] }, { columns, bad_rows: { mode: 'warn' } })
    const path = join(suite.folder, project, 'x.parquet')
    const write = (rows: string) =>
      suite.ctx.data.use((connection) =>
        connection.run(`copy (select * from (values ${rows}) t (id, size, kind, day)) to '${path}' (format parquet)`),
      )
    await write("(1::int, 0.5::float, 'a', date '2026-01-01'), (2, 1.5, 'b', null)")
    const first = await take(project)
    expect(await rowsOf(first.snapshot.id)).toEqual([
      ['1', 0.5, 'a', '2026-01-01'],
      ['2', 1.5, 'b', null],
    ])
    await write("(1.5::double, 0.5, 'a', null), (2, 1.5, 'b', null), (3, null, 'b', null), (4, 1, 'c', null)")
    const { snapshot, ingest_id } = await take(project)
    expect(await rowsOf(snapshot.id)).toEqual([['2', 1.5, 'b', null]])
    const { items } = await listQuarantine({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(items.map(({ line, reason, column }) => [line, reason, column])).toEqual([
      [1, 'type', 'id'],
      [3, 'missing_value', 'size'],
      [4, 'not_in_category', 'kind'],
    ])
  })

  test('moments with an offset as UTC', async () => {
    const at = { at: { type: 'timestamp' } }
    const text = 'at,x\n2026-01-01T10:00:00+02:00,1\n2026-01-01 10:00:00,2\n2026-01-01T10:00:00Z,3\n'
    for (const content of [text, `${text}none,4\n`]) {
      const project = await projectOf(csv('x.csv'), { columns: at, bad_rows: { mode: 'warn' } }, { 'x.csv': content })
      const { snapshot } = await take(project)
      expect((await rowsOf(snapshot.id)).map(([moment]) => moment)).toEqual([
        '2026-01-01 08:00:00',
        '2026-01-01 10:00:00',
        '2026-01-01 10:00:00',
      ])
    }
  })

  test('whole numbers that are written as decimals, large ones, and names of digits', async () => {
    const text = 'id,zip,big\n1.0,01234,9007199254740993\n2,75001,9223372036854775807\n'
    const { snapshot } = await take(
      await projectOf(csv('x.csv'), { columns: { id: { type: 'integer' } } }, { 'x.csv': text }),
    )
    expect(await rowsOf(snapshot.id)).toEqual([
      ['1', '01234', '9007199254740993'],
      ['2', '75001', '9223372036854775807'],
    ])
  })
})

describe('ingest of many files', () => {
  const head = 'id,size,kind,day\n'
  const many = (files: Readonly<Record<string, string>>, more: object = {}) =>
    projectOf({ kind: 'csv', paths: ['month_*/**/*.csv'] }, { columns, ...more }, files)
  const write = (project: string, name: string, content: string) =>
    writeFile(join(suite.folder, project, name), content)

  test('reads only what is new or changed', async () => {
    const project = await many({
      'month_1/x.csv': `${head}1,1,a,\n`,
      'month_2/deep/x.csv': `${head}2,1,a,\n`,
      'other/x.csv': `${head}9,1,a,\n`,
    })
    const first = await take(project)
    expect(first.snapshot.parts.map(({ source }) => source)).toEqual(['month_1/x.csv', 'month_2/deep/x.csv'])
    expect((await take(project)).created).toBe(false)
    await mkdir(join(suite.folder, project, 'month_3'))
    await write(project, 'month_3/x.csv', `${head}3,1,a,\n4,1,b,\n`)
    const second = await take(project)
    expect(second.created).toBe(true)
    expect(second.snapshot.parts.slice(0, 2)).toEqual(first.snapshot.parts)
    expect(await getIngest({ ctx: suite.ctx, input: { ingest: second.ingest_id } })).toMatchObject({
      files_found: 3,
      files_read: 1,
      rows_read: 2,
      rows_kept: 2,
      is_new: true,
    })
    // A late correction of one file is a new snapshot with one new part.
    await write(project, 'month_1/x.csv', `${head}1,5,a,\n`)
    const third = await take(project)
    expect(third.snapshot.parts.slice(1)).toEqual(second.snapshot.parts.slice(1))
    expect(third.snapshot.parts[0]?.sha256).not.toBe(second.snapshot.parts[0]?.sha256)
    expect((await rowsOf(third.snapshot.id)).map(([id, size]) => [id, size])).toEqual([
      ['1', 5],
      ['2', 1],
      ['3', 1],
      ['4', 1],
    ])
    const full = await ingest({ ctx: suite.ctx, input: { project, dataset: 'data', full: true } })
    expect(full.created).toBe(false)
    expect(await getIngest({ ctx: suite.ctx, input: { ingest: full.ingest_id } })).toMatchObject({ files_read: 3 })
  })

  test('reports columns that come and go, and widens types', async () => {
    const project = await projectOf({ kind: 'csv', paths: ['*.csv'] }, {}, { 'a.csv': 'id,n,old\n1,2,x\n2,3,y\n' })
    const first = await take(project)
    expect(first.snapshot.columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
      'id:integer',
      'n:integer',
      'old:text',
    ])
    await write(project, 'b.csv', 'id,n,fresh\n3,2.5,true\n')
    const second = await take(project)
    expect(second.snapshot.columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
      'id:integer',
      'n:number',
      'old:text',
      'fresh:boolean',
    ])
    expect((await getIngest({ ctx: suite.ctx, input: { ingest: second.ingest_id } })).schema_changes).toEqual([
      { column: 'n', change: 'type', from: 'integer', to: 'number' },
      { column: 'fresh', change: 'added', to: 'boolean' },
    ])
    expect(await rowsOf(second.snapshot.id)).toEqual([
      ['1', 2, 'x', null],
      ['2', 3, 'y', null],
      ['3', 2.5, null, true],
    ])
    await write(project, 'a.csv', 'id,n\n1,none\n')
    const third = await take(project)
    expect(third.snapshot.columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
      'id:integer',
      'n:text',
      'fresh:boolean',
    ])
    expect((await getIngest({ ctx: suite.ctx, input: { ingest: third.ingest_id } })).schema_changes).toEqual([
      { column: 'n', change: 'type', from: 'number', to: 'text' },
      { column: 'old', change: 'removed', from: 'text' },
    ])
    // What was widened for a file that is gone is narrow again, whatever was there before.
    await rm(join(suite.folder, project, 'a.csv'))
    const fourth = await take(project)
    expect(fourth.snapshot.columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
      'id:integer',
      'n:number',
      'fresh:boolean',
    ])
  })

  test('a type that only late rows contradict is widened too', async () => {
    const rows = Array.from({ length: 120_000 }, (_, index) => `${index},${index}`).join('\n')
    const project = await projectOf({ kind: 'csv', paths: ['a.csv'] }, {}, { 'a.csv': `id,n\n${rows}\nx,1.5\n` })
    const { snapshot } = await take(project)
    expect(snapshot.row_count).toBe(120_001)
    expect(snapshot.columns.map(({ type }) => type)).toEqual(['text', 'number'])
  })

  test('keys are unique over all files', async () => {
    const files = {
      'month_1/a.csv': `${head}1,1,a,\n2,1,a,\n`,
      'month_2/a.csv': `${head}2,9,b,\n3,1,a,\n3,2,a,\n`,
    }
    const project = await many(files, { key: ['id'], bad_rows: { mode: 'warn' } })
    const { snapshot, ingest_id } = await take(project)
    expect((await rowsOf(snapshot.id)).map(([id, size]) => [id, size])).toEqual([
      ['1', 1],
      ['2', 1],
      ['3', 1],
    ])
    const { items } = await listQuarantine({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(items.map(({ file, line, reason, value }) => [file, line, reason, value])).toEqual([
      ['month_2/a.csv', 2, 'duplicate_key', '2'],
      ['month_2/a.csv', 4, 'duplicate_key', '3'],
    ])
    const again = await take(project)
    expect(again).toMatchObject({ created: false, snapshot: { id: snapshot.id } })
    expect(await getIngest({ ctx: suite.ctx, input: { ingest: again.ingest_id } })).toMatchObject({ files_read: 0 })
    // The other copy comes in once the first is gone.
    await write(project, 'month_1/a.csv', `${head}1,1,a,\n`)
    const later = await take(project)
    expect((await rowsOf(later.snapshot.id)).map(([id, size]) => [id, size])).toEqual([
      ['1', 1],
      ['2', 9],
      ['3', 1],
    ])
    const blocked = await many(files, { key: ['id'] })
    await expect(take(blocked)).rejects.toMatchObject({ code: 'source_rows_rejected', params: { count: 2 } })
  })

  test('an empty file is told, and a file that cannot be read is set aside under warn', async () => {
    const project = await many(
      {
        'month_1/a.csv': `${head}1,1,a,\n`,
        'month_2/a.csv': '',
        'month_3/a.csv': head,
        'month_4/a.csv': 'id,id\n1,1\n',
      },
      { bad_rows: { mode: 'warn' } },
    )
    const { snapshot, ingest_id } = await take(project)
    expect(snapshot.row_count).toBe(1)
    const { warnings, rows_quarantined } = await getIngest({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(rows_quarantined).toBe(1)
    expect(warnings.map(({ message }) => message).join('\n')).toMatch(
      /month_2\/a.csv: no rows.*month_3\/a.csv: no rows.*month_4\/a.csv: cannot be read/s,
    )
    const { items } = await listQuarantine({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(items).toMatchObject([{ file: 'month_4/a.csv', reason: 'unreadable_file' }])
    const french = await getIngest({ ctx: suite.ctx, input: { ingest: ingest_id, language: 'fr' } })
    expect(french.warnings.map(({ message }) => message)).toEqual([
      'month_2/a.csv\u202f: aucune ligne',
      'month_3/a.csv\u202f: aucune ligne',
      'month_4/a.csv\u202f: lecture impossible\u202f: son en-tête a id plus d’une fois',
      'Lignes mises de côté\u202f: 1 sur 2',
    ])
  })

  test('a link to elsewhere is followed', async () => {
    const project = await many({ 'month_1/a.csv': `${head}1,1,a,\n`, 'other.txt': `${head}2,1,a,\n` })
    await symlink(join(suite.folder, project, 'other.txt'), join(suite.folder, project, 'month_1', 'b.csv'))
    expect((await take(project)).snapshot.row_count).toBe(2)
  })
})

test('rows that break an expectation are set aside where it says so', async () => {
  const expectation = {
    type: 'expect_column_values_to_be_between',
    kwargs: { column: 'size', max_value: 1 },
    action: 'quarantine',
  }
  const project = await projectOf(
    { kind: 'csv', paths: ['x.csv'] },
    { columns, bad_rows: { mode: 'warn' }, expectations: [expectation] },
    { 'x.csv': good },
  )
  const rowCondition = ({ kwargs }: { readonly kwargs: Readonly<Record<string, Json>> }) =>
    `"${String(kwargs.column)}" > ${String(kwargs.max_value)}`
  const { snapshot, ingest_id } = await ingest({
    ctx: suite.ctx,
    input: { project, dataset: 'data', tools: { rowCondition } },
  })
  expect(snapshot.row_count).toBe(1)
  const { items } = await listQuarantine({ ctx: suite.ctx, input: { ingest: ingest_id } })
  expect(items).toEqual([
    {
      file: 'x.csv',
      line: 3,
      column: 'size',
      value: '1.5',
      reason: 'expectation',
      detail: {
        code: 'expectation_broken',
        params: { expectation: 'size is at most 1', expectation_fr: 'size est d’au plus 1' },
        message: 'Expected: size is at most 1',
      },
      row: '2,1.5,b,',
    },
  ])
})

test('ingests are listed by page, newest first, also those of one moment', async () => {
  const project = await projectWith(good)
  const made: string[] = []
  for (let count = 0; count < 5; count += 1) {
    // Two of each moment.
    if (count % 2 === 0) suite.clock.advance(1000)
    made.push((await ingest({ ctx: suite.ctx, input: { project, dataset: 'data' } })).ingest_id)
  }
  const page = (more: object) => listIngests({ ctx: suite.ctx, input: { project, dataset: 'data', limit: 2, ...more } })
  const listed: string[] = []
  for (let page_token: string | undefined; ; ) {
    const found = await page(page_token === undefined ? {} : { page_token })
    listed.push(...found.items.map(({ id }) => id))
    page_token = found.next_page_token
    if (page_token === undefined) break
    expect(found.items).toHaveLength(2)
  }
  expect(listed).toHaveLength(5)
  expect([...listed].sort()).toEqual([...made].sort())
  expect(listed[0]).toBe(made[4])
  await expect(page({ page_token: 'ing_none' })).rejects.toMatchObject({ code: 'page_token_invalid' })
})

test('what a version before wrote keeps its text', async () => {
  const { ingest_id } = await take(await projectWith(good))
  const old = join(suite.folder, 'old.parquet')
  await suite.ctx.data.use((connection) =>
    connection.run(
      `copy (select 'data.csv' as file, 4::bigint as line, null::varchar as "column", null::varchar as value,
         'too_few_columns' as reason, '2 values instead of 4' as detail, '3,1' as "row")
       to '${old}' (format parquet)`,
    ),
  )
  const { sha256 } = await suite.ctx.blobs.adopt(old)
  await sql`
    update ingest_runs set warnings = '["1 of 3 rows were set aside"]', quarantine_sha256 = ${sha256} where id = ${ingest_id}
  `.execute(suite.ctx.db)
  const asked = { ingest: ingest_id, language: 'fr' as const }
  expect((await getIngest({ ctx: suite.ctx, input: asked })).warnings).toEqual([
    { code: 'text', params: { text: '1 of 3 rows were set aside' }, message: '1 of 3 rows were set aside' },
  ])
  const { items } = await listQuarantine({ ctx: suite.ctx, input: asked })
  expect(items).toMatchObject([{ detail: { code: 'text', message: '2 values instead of 4' } }])
  const target = join(suite.folder, 'old.csv')
  await writeQuarantineCsv({ ctx: suite.ctx, input: { ...asked, target } })
  expect(await readFile(target, 'utf8')).toContain('too_few_columns,2 values instead of 4,')
})

test('a cancelled ingest leaves nothing', async () => {
  const rows = Array.from({ length: 200_000 }, (_, index) => `${index},1,a,2026-01-01`).join('\n')
  for (const bad of ['', '\nx,y,z']) {
    const project = await projectOf(
      { kind: 'csv', paths: ['x.csv'] },
      { columns, bad_rows: { mode: 'warn' } },
      {
        'x.csv': `id,size,kind,day\n${rows}${bad}`,
      },
    )
    const before = await blobCount()
    const abort = new AbortController()
    const job = {
      id: 'job_cancelled',
      report: (progress: JobProgress) => {
        if (progress.stage === 'read' && (progress.bytes_done ?? 0) > 0) abort.abort()
      },
    }
    await expect(
      ingest({ ctx: { ...suite.ctx, signal: abort.signal }, input: { project, dataset: 'data', job } }),
    ).rejects.toThrow()
    expect(await blobCount()).toBe(before)
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
    const { items } = await listIngests({ ctx: suite.ctx, input: { project, dataset: 'data' } })
    expect(items).toMatchObject([{ state: 'cancelled', job_id: 'job_cancelled' }])
    expect((await listSnapshots({ ctx: suite.ctx, input: { project, dataset: 'data' } })).items).toEqual([])
  }
})

test('a file that changes while it is read is read again', async () => {
  const project = await projectOf({ kind: 'csv', paths: ['x.csv'] }, { columns }, { 'x.csv': good })
  let changes = 0
  const path = join(suite.folder, project, 'x.csv')
  const job = {
    id: 'job_changed',
    report: ({ bytes_done = 0 }: JobProgress) => {
      if (bytes_done === 0 || changes > 0) return
      changes += 1
      appendFileSync(path, '3,2.5,a,\n')
    },
  }
  const { snapshot } = await ingest({ ctx: suite.ctx, input: { project, dataset: 'data', job } })
  expect(changes).toBe(1)
  expect(snapshot.row_count).toBe(3)
  const always = { id: 'job_always', report: () => appendFileSync(path, '3,2.5,a,\n') }
  await expect(ingest({ ctx: suite.ctx, input: { project, dataset: 'data', job: always } })).rejects.toMatchObject({
    code: 'source_changed',
  })
})

describe('a file that is large enough to be read while it is hashed', () => {
  const notes = { id: { type: 'integer' }, note: { type: 'text' } } as const
  const rows = 9_000
  const lines = Array.from({ length: rows }, (_, id) => `${id},${'n'.repeat(1000)}\n`)
  const large = `id,note\n${lines.join('')}`
  const countsOf = async (project: string) => {
    const { ingest_id, snapshot, created } = await take(project)
    const { files_read, rows_good } = await getIngest({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
    return { id: snapshot.id, created, row_count: snapshot.row_count, files_read, rows_good }
  }

  test('is not taken twice under another time, and is with another row', async () => {
    const project = await projectWith(large, notes)
    const path = join(suite.folder, project, 'data.csv')
    const first = await countsOf(project)
    expect(first).toMatchObject({ created: true, row_count: rows, files_read: 1, rows_good: rows })
    await utimes(path, 1_700_000_000, 1_700_000_000)
    expect(await countsOf(project)).toEqual({ ...first, created: false, files_read: 0, rows_good: 0 })
    await appendFile(path, `${rows},late\n`)
    expect(await countsOf(project)).toMatchObject({ created: true, row_count: rows + 1, files_read: 1 })
  })

  test('is read again where it changes meanwhile', async () => {
    const project = await projectWith(large, notes)
    const path = join(suite.folder, project, 'data.csv')
    let changes = 0
    const report = ({ stage }: JobProgress) => {
      if (stage !== 'read' || changes > 0) return
      changes += 1
      appendFileSync(path, `${rows},late\n`)
    }
    const input = { project, dataset: 'data', job: { id: 'job_large', report } }
    const { snapshot } = await ingest({ ctx: suite.ctx, input })
    expect(changes).toBe(1)
    expect(snapshot.row_count).toBe(rows + 1)
    expect(snapshot.source.bytes).toBe(Buffer.byteLength(large) + 10)
  })

  test('has each row either good or set aside', async () => {
    const project = await projectOf(
      { kind: 'csv', paths: ['data.csv'] },
      { columns: notes, bad_rows: { mode: 'warn' } },
      { 'data.csv': `${large}x,late\n\n"open` },
    )
    const { ingest_id } = await take(project)
    const found = await getIngest({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(found).toMatchObject({ rows_good: rows, rows_quarantined: 2 })
  })
})

test('a packed file of another encoding is read as the text that it is', async () => {
  const content = gzipSync(Buffer.from('id,size,kind,day\n1,0.5,é,\n2,1.5,è,\n', 'latin1'))
  const declared = { ...columns, kind: { type: 'text' } }
  const project = await projectOf({ kind: 'csv', paths: ['x.csv.gz'] }, { columns: declared }, { 'x.csv.gz': content })
  const { snapshot } = await take(project)
  expect((await rowsOf(snapshot.id)).map(([, , kind]) => kind)).toEqual(['é', 'è'])
})

test('a job leaves the profile with the snapshot, the same as is computed of it later', async () => {
  const project = await projectWith(good)
  const job = { id: 'job_profile', report: () => {} }
  const { snapshot } = await ingest({ ctx: suite.ctx, input: { project, dataset: 'data', job } })
  const kept = await findProfile(suite.ctx, snapshot.id)
  expect(kept?.row_count).toBe(2)
  await sql`delete from snapshot_profiles where snapshot_id = ${snapshot.id}`.execute(suite.ctx.db)
  expect(await ensureProfile({ ctx: suite.ctx, input: { snapshot: snapshot.id } })).toEqual(kept)
  expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
})

test('tells what was read from where, in the transaction of the snapshot', async () => {
  const project = await projectWith(good)
  const { snapshot, ingest_id } = await take(project)
  const { rows } = await sql<{ path: string }>`
    select from_kind || ' ' || relation || ' ' || to_kind as path from lineage_links
    where to_id in (${snapshot.id}, ${ingest_id}) order by 1
  `.execute(suite.ctx.db)
  expect(rows.map(({ path }) => path)).toEqual(['ingest made snapshot', 'source read ingest'])
  expect(snapshot.ingest_id).toBe(ingest_id)
  const sources = await sql<{ label: string; detail: Json }>`
    select label, detail from lineage_nodes where kind = 'source' and project = ${project}
  `.execute(suite.ctx.db)
  expect(sources.rows).toEqual([{ label: 'data.csv', detail: { dataset: 'data', kind: 'csv', location: 'data.csv' } }])
})
