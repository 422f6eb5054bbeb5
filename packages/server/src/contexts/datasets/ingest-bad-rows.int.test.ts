import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Json, ProjectDefinition } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { columns, good, type IngestSuite, openIngestSuite } from '../../../test/support/ingest-suite.js'
import { applyProject } from '../projects/index.js'
import { getIngest, ingest, listIngests, listQuarantine, listSnapshots } from './index.js'
import { writeQuarantineCsv } from './quarantine.js'

let suite: IngestSuite
beforeAll(async () => {
  suite = await openIngestSuite()
})
afterAll(() => suite?.close())

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
    suite.projectOf(
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
    await expect(suite.take(project)).rejects.toMatchObject({
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
    const { snapshot, ingest_id } = await suite.take(project)
    expect(snapshot.row_count).toBe(4)
    expect(await suite.rowsOf(snapshot.id)).toEqual([
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
    expect((await suite.take(wide)).snapshot.row_count).toBe(4)
    const narrow = await month({ mode: 'quarantine', max_share: 0.75 })
    await expect(suite.take(narrow)).rejects.toMatchObject({
      code: 'quarantine_share_exceeded',
      params: { count: 13, total: 17, line: 3 },
    })
  })

  test('is read again under another policy', async () => {
    const project = await month({ mode: 'warn' })
    await suite.take(project)
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
    await expect(suite.take(project)).rejects.toMatchObject({ code: 'source_rows_rejected', params: { count: 13 } })
  })

  test('is grouped and filtered', async () => {
    const { ingest_id } = await suite.take(await month({ mode: 'warn' }))
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
  const project = await suite.projectOf(
    { kind: 'csv', paths: ['*.csv'] },
    { columns, bad_rows: { mode: 'warn' } },
    { 'a.csv': good, 'b.csv': 'id,size,day\n7,1,\n8,2,\n', 'c.csv': 'id,size,kind\n9,1,a\n' },
  )
  const { snapshot, ingest_id } = await suite.take(project)
  expect(snapshot.row_count).toBe(3)
  expect(await suite.rowsOf(snapshot.id)).toContainEqual(['9', 1, 'a', null])
  const { items } = await listQuarantine({ ctx: suite.ctx, input: { ingest: ingest_id } })
  expect(items.map(({ file, line, reason, column }) => [file, line, reason, column])).toEqual([
    ['b.csv', 2, 'missing_column', 'kind'],
    ['b.csv', 3, 'missing_column', 'kind'],
  ])
})

test('rows that break an expectation are set aside where it says so', async () => {
  const expectation = {
    type: 'expect_column_values_to_be_between',
    kwargs: { column: 'size', max_value: 1 },
    action: 'quarantine',
  }
  const project = await suite.projectOf(
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

test('what a version before wrote keeps its text', async () => {
  const { ingest_id } = await suite.take(await suite.projectWith(good))
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
