import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { columns, good, goodLines, type IngestSuite, openIngestSuite } from '../../../test/support/ingest-suite.js'
import { getIngest, listQuarantine } from './index.js'

let suite: IngestSuite
beforeAll(async () => {
  suite = await openIngestSuite()
})
afterAll(() => suite?.close())

describe('ingest reads', () => {
  const same = async (source: object, files: Readonly<Record<string, string | Uint8Array>>, more: object = {}) => {
    const { snapshot } = await suite.take(await suite.projectOf(source, { columns, ...more }, files))
    expect(await suite.rowsOf(snapshot.id)).toEqual([
      ['1', 0.5, 'a', '2026-01-01'],
      ['2', 1.5, 'b', null],
    ])
  }
  const csv = (name: string, dialect: object = {}) => ({ kind: 'csv', paths: [name], dialect })

  test('gzip and zstd', async () => {
    await same(csv('x.csv.gz'), { 'x.csv.gz': gzipSync(good) })
    await same(csv('x.csv.zst'), { 'x.csv.zst': await suite.zstdOf(good) })
    await same({ kind: 'json', paths: ['x.gz'] }, { 'x.gz': gzipSync(goodLines) })
  })

  test('marks and encodings', async () => {
    await same(csv('x.csv'), { 'x.csv': `\ufeff${good}` })
    await same(csv('x.csv'), { 'x.csv': Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(good, 'utf16le')]) })
    await same(csv('x.csv'), {
      'x.csv': Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(good, 'utf16le').swap16()]),
    })
    await same(csv('x.csv', { encoding: 'utf-16' }), { 'x.csv': Buffer.from(good, 'utf16le') })
    const latin = await suite.projectOf(
      csv('x.csv'),
      { columns: {} },
      { 'x.csv': Buffer.from('a,b\n1,\xe9t\xe9 \x80\n', 'latin1') },
    )
    const { snapshot, ingest_id } = await suite.take(latin)
    expect(await suite.rowsOf(snapshot.id)).toEqual([['1', 'été €']])
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
    const project = await suite.projectOf(
      csv('x.csv', { date_format: '%d/%m/%Y', decimal: ',' }),
      { columns, bad_rows: { mode: 'warn' } },
      { 'x.csv': bad },
    )
    const { snapshot, ingest_id } = await suite.take(project)
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
    const { snapshot } = await suite.take(
      await suite.projectOf(csv('x.csv', { header: false }), {}, { 'x.csv': 'a,1\nb,2\n' }),
    )
    expect(snapshot.columns.map(({ name, type }) => [name, type])).toEqual([
      ['c1', 'text'],
      ['c2', 'integer'],
    ])
  })

  test('lists and lines of JSON', async () => {
    await same({ kind: 'json', paths: ['x.json'] }, { 'x.json': `[${goodLines.trim().replaceAll('\n', ',')}]` })
    await same({ kind: 'json', paths: ['x.ndjson'] }, { 'x.ndjson': goodLines })
    const project = await suite.projectOf(
      { kind: 'json', paths: ['x.ndjson'] },
      { columns, bad_rows: { mode: 'warn' } },
      {
        'x.ndjson': `${goodLines}{"id": 3, \n[1]\n\n{"id": 4.5, "size": 1, "kind": "a"}\n{"id": 5, "size": 1, "kind": "a"}`,
      },
    )
    const { snapshot, ingest_id } = await suite.take(project)
    expect(snapshot.row_count).toBe(3)
    const { items } = await listQuarantine({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(items.map(({ line, reason, column }) => [line, reason, column])).toEqual([
      [3, 'not_parsed', undefined],
      [4, 'not_parsed', undefined],
      [6, 'type', 'id'],
    ])
  })

  test('Parquet', async () => {
    const project = await suite.projectOf(
      { kind: 'parquet', paths: ['x.parquet'] },
      { columns, bad_rows: { mode: 'warn' } },
    )
    const path = join(suite.folder, project, 'x.parquet')
    const write = (rows: string) =>
      suite.ctx.data.use((connection) =>
        connection.run(`copy (select * from (values ${rows}) t (id, size, kind, day)) to '${path}' (format parquet)`),
      )
    await write("(1::int, 0.5::float, 'a', date '2026-01-01'), (2, 1.5, 'b', null)")
    const first = await suite.take(project)
    expect(await suite.rowsOf(first.snapshot.id)).toEqual([
      ['1', 0.5, 'a', '2026-01-01'],
      ['2', 1.5, 'b', null],
    ])
    await write("(1.5::double, 0.5, 'a', null), (2, 1.5, 'b', null), (3, null, 'b', null), (4, 1, 'c', null)")
    const { snapshot, ingest_id } = await suite.take(project)
    expect(await suite.rowsOf(snapshot.id)).toEqual([['2', 1.5, 'b', null]])
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
      const project = await suite.projectOf(
        csv('x.csv'),
        { columns: at, bad_rows: { mode: 'warn' } },
        { 'x.csv': content },
      )
      const { snapshot } = await suite.take(project)
      expect((await suite.rowsOf(snapshot.id)).map(([moment]) => moment)).toEqual([
        '2026-01-01 08:00:00',
        '2026-01-01 10:00:00',
        '2026-01-01 10:00:00',
      ])
    }
  })

  test('whole numbers that are written as decimals, large ones, and names of digits', async () => {
    const text = 'id,zip,big\n1.0,01234,9007199254740993\n2,75001,9223372036854775807\n'
    const { snapshot } = await suite.take(
      await suite.projectOf(csv('x.csv'), { columns: { id: { type: 'integer' } } }, { 'x.csv': text }),
    )
    expect(await suite.rowsOf(snapshot.id)).toEqual([
      ['1', '01234', '9007199254740993'],
      ['2', '75001', '9223372036854775807'],
    ])
  })
})

test('a packed file of another encoding is read as the text that it is', async () => {
  const content = gzipSync(Buffer.from('id,size,kind,day\n1,0.5,é,\n2,1.5,è,\n', 'latin1'))
  const declared = { ...columns, kind: { type: 'text' } }
  const project = await suite.projectOf(
    { kind: 'csv', paths: ['x.csv.gz'] },
    { columns: declared },
    { 'x.csv.gz': content },
  )
  const { snapshot } = await suite.take(project)
  expect((await suite.rowsOf(snapshot.id)).map(([, , kind]) => kind)).toEqual(['é', 'è'])
})
