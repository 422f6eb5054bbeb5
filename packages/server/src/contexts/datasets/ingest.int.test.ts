import { appendFileSync } from 'node:fs'
import { appendFile, mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { isFabriqueError, type JobProgress, type Json } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { columns, good, type IngestSuite, openIngestSuite } from '../../../test/support/ingest-suite.js'
import { getDataset, getIngest, ingest, listIngests, listSnapshots, previewSnapshot, resolveSnapshot } from './index.js'
import { ensureProfile, findProfile } from './snapshots/ensure-profile.js'

let suite: IngestSuite
beforeAll(async () => {
  suite = await openIngestSuite()
})
afterAll(() => suite?.close())

describe('ingest', () => {
  test('makes a snapshot of typed columns', async () => {
    const { snapshot, created } = await suite.take(await suite.projectWith(good))
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
    const project = await suite.projectWith(good)
    const first = await suite.take(project)
    const again = await suite.take(project)
    expect(again).toMatchObject({ snapshot: first.snapshot, created: false })
  })

  test('gives the same snapshot for other bytes with the same content', async () => {
    const project = await suite.projectWith(good)
    const first = await suite.take(project)
    await appendFile(join(suite.folder, project, 'data.csv'), '\n')
    const again = await suite.take(project)
    expect(again.created).toBe(false)
    expect(again.snapshot.id).toBe(first.snapshot.id)
  })

  test('makes another snapshot for other content', async () => {
    const project = await suite.projectWith(good)
    const first = await suite.take(project)
    await appendFile(join(suite.folder, project, 'data.csv'), '3,2.5,a,\n')
    const next = await suite.take(project)
    expect(next.created).toBe(true)
    expect(next.snapshot.content_hash).not.toBe(first.snapshot.content_hash)
    expect(next.snapshot.row_count).toBe(3)
  })

  test('a source that goes back to an earlier content has the earlier snapshot again, also as of then', async () => {
    const project = await suite.projectWith(good)
    const path = join(suite.folder, project, 'data.csv')
    const first = await suite.take(project)
    await appendFile(path, '3,2.5,a,\n')
    const second = await suite.take(project)
    const between = suite.clock.now().toISOString()
    await writeFile(path, good)
    expect(await suite.take(project)).toMatchObject({ created: false, snapshot: { id: first.snapshot.id } })
    const resolved = async (ref: string) =>
      (await resolveSnapshot({ ctx: suite.ctx, input: { project, dataset: 'data', ref } })).id
    expect(await resolved('latest')).toBe(first.snapshot.id)
    expect(await resolved(between)).toBe(second.snapshot.id)
    const { latest_snapshot } = await getDataset({ ctx: suite.ctx, input: { project, dataset: 'data' } })
    expect(latest_snapshot?.id).toBe(first.snapshot.id)
  })

  test('infers columns that are not declared', async () => {
    const { snapshot } = await suite.take(await suite.projectWith('a,b,c\n1,x,2026-01-01\n2,y,2026-01-02\n', {}))
    expect(snapshot.columns.map(({ type, declared }) => [type, declared])).toEqual([
      ['integer', false],
      ['text', false],
      ['date', false],
    ])
  })

  test('detects the delimiter and quotes', async () => {
    const { snapshot } = await suite.take(await suite.projectWith('id;size;kind;day\n1;0.5;"a";\n2;1;b;2026-02-03\n'))
    expect(snapshot.row_count).toBe(2)
  })
})

async function failureOf(content: string | Uint8Array, declared?: object) {
  const project = await suite.projectWith(content, declared)
  const error = await suite.take(project).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  const { items } = await listSnapshots({ ctx: suite.ctx, input: { project, dataset: 'data' } })
  expect(items).toEqual([])
  expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
  if (!isFabriqueError(error)) throw new Error(`Expected an error of the catalogue, got ${String(error)}`)
  return error
}

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
    const project = await suite.projectOf({ kind: 'csv', paths: ['gone.csv'] })
    await expect(suite.take(project)).rejects.toMatchObject({ code: 'source_not_found' })
    const none = await suite.projectOf({ kind: 'csv', paths: ['*.csv'] })
    await expect(suite.take(none)).rejects.toMatchObject({ code: 'source_not_found', params: { path: '*.csv' } })
  })

  test('a folder, a broken archive and a file without rights', async () => {
    const folder = await suite.projectOf({ kind: 'csv', paths: ['x.csv'] })
    await mkdir(join(suite.folder, folder, 'x.csv'))
    await expect(suite.take(folder)).rejects.toMatchObject({ code: 'source_unreadable' })
    const broken = await suite.projectOf({ kind: 'csv', paths: ['x.csv.gz'] })
    await writeFile(join(suite.folder, broken, 'x.csv.gz'), gzipSync(good).subarray(0, 30))
    await expect(suite.take(broken)).rejects.toMatchObject({ code: 'source_unreadable' })
    const cut = await suite.projectOf({ kind: 'parquet', paths: ['x.parquet'] })
    await writeFile(join(suite.folder, cut, 'x.parquet'), 'PAR1 and no more')
    await expect(suite.take(cut)).rejects.toMatchObject({ code: 'source_unreadable' })
    const list = await suite.projectOf({ kind: 'json', paths: ['x.json'] })
    await writeFile(join(suite.folder, list, 'x.json'), '[{"a": 1}, {"a": ')
    await expect(suite.take(list)).rejects.toMatchObject({ code: 'source_unreadable' })
  })
})

test('ingests are listed by page, newest first, also those of one moment', async () => {
  const project = await suite.projectWith(good)
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

test('a cancelled ingest leaves nothing', async () => {
  const rows = Array.from({ length: 200_000 }, (_, index) => `${index},1,a,2026-01-01`).join('\n')
  for (const bad of ['', '\nx,y,z']) {
    const project = await suite.projectOf(
      { kind: 'csv', paths: ['x.csv'] },
      { columns, bad_rows: { mode: 'warn' } },
      {
        'x.csv': `id,size,kind,day\n${rows}${bad}`,
      },
    )
    const before = await suite.blobCount()
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
    expect(await suite.blobCount()).toBe(before)
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
    const { items } = await listIngests({ ctx: suite.ctx, input: { project, dataset: 'data' } })
    expect(items).toMatchObject([{ state: 'cancelled', job_id: 'job_cancelled' }])
    expect((await listSnapshots({ ctx: suite.ctx, input: { project, dataset: 'data' } })).items).toEqual([])
  }
})

test('a file that changes while it is read is read again', async () => {
  const project = await suite.projectOf({ kind: 'csv', paths: ['x.csv'] }, { columns }, { 'x.csv': good })
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
    const { ingest_id, snapshot, created } = await suite.take(project)
    const { files_read, rows_good } = await getIngest({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
    return { id: snapshot.id, created, row_count: snapshot.row_count, files_read, rows_good }
  }

  test('is not taken twice under another time, and is with another row', async () => {
    const project = await suite.projectWith(large, notes)
    const path = join(suite.folder, project, 'data.csv')
    const first = await countsOf(project)
    expect(first).toMatchObject({ created: true, row_count: rows, files_read: 1, rows_good: rows })
    await utimes(path, 1_700_000_000, 1_700_000_000)
    expect(await countsOf(project)).toEqual({ ...first, created: false, files_read: 0, rows_good: 0 })
    await appendFile(path, `${rows},late\n`)
    expect(await countsOf(project)).toMatchObject({ created: true, row_count: rows + 1, files_read: 1 })
  })

  test('is read again where it changes meanwhile', async () => {
    const project = await suite.projectWith(large, notes)
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
    const project = await suite.projectOf(
      { kind: 'csv', paths: ['data.csv'] },
      { columns: notes, bad_rows: { mode: 'warn' } },
      { 'data.csv': `${large}x,late\n\n"open` },
    )
    const { ingest_id } = await suite.take(project)
    const found = await getIngest({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(found).toMatchObject({ rows_good: rows, rows_quarantined: 2 })
  })
})

test('a job leaves the profile with the snapshot, the same as is computed of it later', async () => {
  const project = await suite.projectWith(good)
  const job = { id: 'job_profile', report: () => {} }
  const { snapshot } = await ingest({ ctx: suite.ctx, input: { project, dataset: 'data', job } })
  const kept = await findProfile(suite.ctx, snapshot.id)
  expect(kept?.row_count).toBe(2)
  await sql`delete from snapshot_profiles where snapshot_id = ${snapshot.id}`.execute(suite.ctx.db)
  expect(await ensureProfile({ ctx: suite.ctx, input: { snapshot: snapshot.id } })).toEqual(kept)
  expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
})

test('tells what was read from where, in the transaction of the snapshot', async () => {
  const project = await suite.projectWith(good)
  const { snapshot, ingest_id } = await suite.take(project)
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
