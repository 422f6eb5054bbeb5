import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { columns, type IngestSuite, openIngestSuite } from '../../../test/support/ingest-suite.js'
import { getIngest, ingest, listQuarantine } from './index.js'

let suite: IngestSuite
beforeAll(async () => {
  suite = await openIngestSuite()
})
afterAll(() => suite?.close())

describe('ingest of many files', () => {
  const head = 'id,size,kind,day\n'
  const many = (files: Readonly<Record<string, string>>, more: object = {}) =>
    suite.projectOf({ kind: 'csv', paths: ['month_*/**/*.csv'] }, { columns, ...more }, files)
  const write = (project: string, name: string, content: string) =>
    writeFile(join(suite.folder, project, name), content)

  test('reads only what is new or changed', async () => {
    const project = await many({
      'month_1/x.csv': `${head}1,1,a,\n`,
      'month_2/deep/x.csv': `${head}2,1,a,\n`,
      'other/x.csv': `${head}9,1,a,\n`,
    })
    const first = await suite.take(project)
    expect(first.snapshot.parts.map(({ source }) => source)).toEqual(['month_1/x.csv', 'month_2/deep/x.csv'])
    expect((await suite.take(project)).created).toBe(false)
    await mkdir(join(suite.folder, project, 'month_3'))
    await write(project, 'month_3/x.csv', `${head}3,1,a,\n4,1,b,\n`)
    const second = await suite.take(project)
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
    const third = await suite.take(project)
    expect(third.snapshot.parts.slice(1)).toEqual(second.snapshot.parts.slice(1))
    expect(third.snapshot.parts[0]?.sha256).not.toBe(second.snapshot.parts[0]?.sha256)
    expect((await suite.rowsOf(third.snapshot.id)).map(([id, size]) => [id, size])).toEqual([
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
    const project = await suite.projectOf(
      { kind: 'csv', paths: ['*.csv'] },
      {},
      { 'a.csv': 'id,n,old\n1,2,x\n2,3,y\n' },
    )
    const first = await suite.take(project)
    expect(first.snapshot.columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
      'id:integer',
      'n:integer',
      'old:text',
    ])
    await write(project, 'b.csv', 'id,n,fresh\n3,2.5,true\n')
    const second = await suite.take(project)
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
    expect(await suite.rowsOf(second.snapshot.id)).toEqual([
      ['1', 2, 'x', null],
      ['2', 3, 'y', null],
      ['3', 2.5, null, true],
    ])
    await write(project, 'a.csv', 'id,n\n1,none\n')
    const third = await suite.take(project)
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
    const fourth = await suite.take(project)
    expect(fourth.snapshot.columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
      'id:integer',
      'n:number',
      'fresh:boolean',
    ])
  })

  test('a type that only late rows contradict is widened too', async () => {
    const rows = Array.from({ length: 120_000 }, (_, index) => `${index},${index}`).join('\n')
    const project = await suite.projectOf({ kind: 'csv', paths: ['a.csv'] }, {}, { 'a.csv': `id,n\n${rows}\nx,1.5\n` })
    const { snapshot } = await suite.take(project)
    expect(snapshot.row_count).toBe(120_001)
    expect(snapshot.columns.map(({ type }) => type)).toEqual(['text', 'number'])
  })

  test('keys are unique over all files', async () => {
    const files = {
      'month_1/a.csv': `${head}1,1,a,\n2,1,a,\n`,
      'month_2/a.csv': `${head}2,9,b,\n3,1,a,\n3,2,a,\n`,
    }
    const project = await many(files, { key: ['id'], bad_rows: { mode: 'warn' } })
    const { snapshot, ingest_id } = await suite.take(project)
    expect((await suite.rowsOf(snapshot.id)).map(([id, size]) => [id, size])).toEqual([
      ['1', 1],
      ['2', 1],
      ['3', 1],
    ])
    const { items } = await listQuarantine({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(items.map(({ file, line, reason, value }) => [file, line, reason, value])).toEqual([
      ['month_2/a.csv', 2, 'duplicate_key', '2'],
      ['month_2/a.csv', 4, 'duplicate_key', '3'],
    ])
    const again = await suite.take(project)
    expect(again).toMatchObject({ created: false, snapshot: { id: snapshot.id } })
    expect(await getIngest({ ctx: suite.ctx, input: { ingest: again.ingest_id } })).toMatchObject({ files_read: 0 })
    // The other copy comes in once the first is gone.
    await write(project, 'month_1/a.csv', `${head}1,1,a,\n`)
    const later = await suite.take(project)
    expect((await suite.rowsOf(later.snapshot.id)).map(([id, size]) => [id, size])).toEqual([
      ['1', 1],
      ['2', 9],
      ['3', 1],
    ])
    const blocked = await many(files, { key: ['id'] })
    await expect(suite.take(blocked)).rejects.toMatchObject({ code: 'source_rows_rejected', params: { count: 2 } })
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
    const { snapshot, ingest_id } = await suite.take(project)
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
    expect((await suite.take(project)).snapshot.row_count).toBe(2)
  })
})
