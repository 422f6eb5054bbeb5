import { readdir } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { ProjectDefinition, type Snapshot } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MadeSnapshot, makeSnapshot } from '../../../../test/support/make-snapshot.js'
import { openTestApp, type TestApp } from '../../../../test/support/test-app.js'
import { recordLineage } from '../../lineage/index.js'
import { applyProject } from '../../projects/index.js'
import {
  deleteSnapshot,
  ensureProfile,
  exportSnapshot,
  listDatasets,
  mountDatasetRoutes,
  previewSnapshot,
  querySnapshot,
  resolveSnapshot,
  useSnapshot,
} from '../index.js'

let suite: TestApp
let made = 0
beforeAll(async () => {
  suite = await openTestApp((app, ctx) => mountDatasetRoutes(app, () => ctx))
})
afterAll(() => suite?.close())

const newProject = () => {
  made += 1
  return `p${made}`
}

async function make(project: string, parts: readonly string[], more: Partial<MadeSnapshot> = {}): Promise<Snapshot> {
  suite.clock.advance(3_600_000)
  return makeSnapshot(suite.ctx, { project, columns: { id: 'integer', name: 'text' }, parts, ...more })
}

const rowsOf = (from: number, to: number) => `select i as id, 'name ' || i as name from range(${from}, ${to}) t(i)`

async function apply(project: string, dataset: object): Promise<void> {
  const source = { kind: 'csv', paths: ['data.csv'] }
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: [{ name: 'data', source, ...dataset }],
    models: [],
  })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
}

describe('the table of a snapshot', () => {
  test('is all parts in their order, with the columns in theirs and a number for each row', async () => {
    const snapshot = await make(
      newProject(),
      [rowsOf(0, 3), "select 'other' as name, 7 as id", rowsOf(0, 3), 'select 9.0::double as id'],
      { columns: { id: 'number', name: 'text' } },
    )
    const rows = await useSnapshot(suite.ctx, snapshot, async (connection, table, numbered) => ({
      plain: (await connection.runAndReadAll(`select * from ${table}`)).getRowsJson(),
      numbered: (
        await connection.runAndReadAll(`select * from ${numbered('row')} where id >= 2 order by row`)
      ).getRowsJson(),
      count: (await connection.runAndReadAll(`select count(*) from ${table}`)).value(0, 0),
    }))
    expect(rows.count).toBe(8n)
    expect(rows.plain.map(([id]) => Number(id))).toEqual([0, 1, 2, 7, 0, 1, 2, 9])
    expect(rows.numbered.map(([id, name, row]) => [Number(id), name, Number(row)])).toEqual([
      [2, 'name 2', 2],
      [7, 'other', 3],
      [2, 'name 2', 6],
      [9, null, 7],
    ])
  })

  test('of one part has the numbers of its rows, and a column named row may stay', async () => {
    const snapshot = await make(newProject(), ["select 5 as row, 'x' as name"], {
      columns: { row: 'integer', name: 'text' },
    })
    const found = await useSnapshot(suite.ctx, snapshot, async (connection, _table, numbered) =>
      (await connection.runAndReadAll(`select * from ${numbered('place')}`)).getRowsJson(),
    )
    expect(found).toEqual([[5, 'x', '0']])
  })

  test('is previewed', async () => {
    const snapshot = await make(newProject(), [rowsOf(0, 2), rowsOf(2, 4)])
    const reply = await suite.ok('GET', `/api/v1/snapshots/${snapshot.id}/preview?limit=3`)
    expect(reply.rows).toEqual([
      ['0', 'name 0'],
      ['1', 'name 1'],
      ['2', 'name 2'],
    ])
    expect(reply.row_count).toBe(4)
    await expect(previewSnapshot({ ctx: suite.ctx, input: { snapshot: 'snap_none', limit: 1 } })).rejects.toMatchObject(
      {
        code: 'snapshot_not_found',
      },
    )
  })

  test('releases its files when the work fails', async () => {
    const snapshot = await make(newProject(), [rowsOf(0, 2), rowsOf(2, 4)])
    let held = 0
    const blobs = {
      ...suite.ctx.blobs,
      localFile: async (hash: string) => {
        const file = await suite.ctx.blobs.localFile(hash)
        held += 1
        const release = async () => {
          held -= 1
          await file.release()
        }
        return { ...file, release }
      },
    }
    await expect(
      useSnapshot({ ...suite.ctx, blobs }, snapshot, async (connection) => connection.run('select nothing')),
    ).rejects.toThrow()
    expect(held).toBe(0)
  })
})

describe('the profile of a snapshot', () => {
  test('is computed once and kept', async () => {
    const snapshot = await make(newProject(), [rowsOf(0, 10), rowsOf(5, 10)])
    const reply = await suite.ok('GET', `/api/v1/snapshots/${snapshot.id}/profile`)
    expect(reply).toMatchObject({ row_count: 15, duplicate_rows: 5 })
    expect(reply.columns[0]).toMatchObject({ name: 'id', count: 15, distinct: 10, min: 0, max: 9, mean: 80 / 15 })
    await sql`update snapshot_profiles set profile = jsonb_set(profile, '{row_count}', '99')`.execute(suite.ctx.db)
    expect(await ensureProfile({ ctx: suite.ctx, input: { snapshot: snapshot.id } })).toMatchObject({ row_count: 99 })
    await sql`update snapshot_profiles set version = 0`.execute(suite.ctx.db)
    expect(await ensureProfile({ ctx: suite.ctx, input: { snapshot: snapshot.id } })).toMatchObject({ row_count: 15 })
    expect((await suite.send('GET', '/api/v1/snapshots/snap_none/profile')).body.code).toBe('snapshot_not_found')
  })
})

describe('a name of a snapshot', () => {
  test('is latest, a tag, an id, a hash or a moment', async () => {
    const project = newProject()
    const first = await make(project, [rowsOf(0, 1)])
    const second = await make(project, [rowsOf(0, 2)])
    await make(newProject(), [rowsOf(0, 1)])
    const address = `/api/v1/projects/${project}/datasets/data`
    await suite.ok('PUT', `${address}/tags/training`, { ref: first.id, reason: 'first' })
    const found = async (ref: string) => (await suite.ok('GET', `${address}/resolve?ref=${encodeURIComponent(ref)}`)).id
    expect(await found('latest')).toBe(second.id)
    expect((await suite.ok('GET', `${address}/resolve`)).id).toBe(second.id)
    expect(await found('training')).toBe(first.id)
    expect(await found(first.id)).toBe(first.id)
    expect(await found(first.content_hash.slice(0, 6))).toBe(first.id)
    expect(await found(second.content_hash)).toBe(second.id)
    expect(await found(first.created_at)).toBe(first.id)
    expect(await found(new Date(Date.parse(second.created_at) - 1).toISOString())).toBe(first.id)
    expect(await found(second.created_at.replace('Z', '+00:00'))).toBe(second.id)
    expect(await found('2099-01-01')).toBe(second.id)
    for (const ref of ['nothing', 'snap_none', 'abc', '2020-01-01', '000000000000000', '2026-13-45']) {
      const { status, body } = await suite.send('GET', `${address}/resolve?ref=${ref}`)
      expect([ref, status, body.code]).toEqual([ref, 404, 'snapshot_ref_not_found'])
    }
  })

  test('that several have is refused with their names', async () => {
    const project = newProject()
    const first = await make(project, [rowsOf(0, 1)])
    const second = await make(project, [rowsOf(0, 2)])
    for (const [id, ending] of [
      [first.id, 'a'],
      [second.id, 'b'],
    ] as const) {
      await sql`update snapshots set content_hash = ${`abcdef12${'0'.repeat(55)}${ending}`} where id = ${id}`.execute(
        suite.ctx.db,
      )
    }
    const asked = (ref: string) => resolveSnapshot({ ctx: suite.ctx, input: { project, dataset: 'data', ref } })
    const error = await asked('abcdef12').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'snapshot_ref_ambiguous' })
    expect(String(error)).toContain(first.id)
    expect(String(error)).toContain(second.id)
    expect((await asked(`abcdef12${'0'.repeat(55)}b`)).id).toBe(second.id)
  })
})

describe('tags', () => {
  test('are set, moved, listed and removed, each with its audit entry', async () => {
    const project = newProject()
    const first = await make(project, [rowsOf(0, 1)])
    const second = await make(project, [rowsOf(0, 2)])
    const address = `/api/v1/projects/${project}/datasets/data/tags`
    const tag = await suite.ok('PUT', `${address}/good`, { ref: first.id, reason: 'checked' })
    expect(tag).toMatchObject({ tag: 'good', snapshot_id: first.id, reason: 'checked' })
    expect(await suite.ok('PUT', `${address}/good`, { ref: first.id })).toEqual(tag)
    await suite.ok('PUT', `${address}/good`, { ref: 'latest', reason: 'newer' })
    await suite.ok('PUT', `${address}/also`, { ref: 'good' })
    expect((await suite.ok('GET', address)).items.map((item: { tag: string }) => item.tag)).toEqual(['also', 'good'])
    const listed = await suite.ok('GET', `/api/v1/projects/${project}/datasets/data/snapshots`)
    expect(listed.items.map((item: Snapshot) => item.tags)).toEqual([['also', 'good'], []])
    expect(await suite.ok('DELETE', `${address}/also`)).toEqual({ deleted: true })
    expect((await suite.send('DELETE', `${address}/also`)).body.code).toBe('snapshot_tag_not_found')
    const { rows } = await sql<{ verb: string; reason: string }>`
      select verb, reason from audit where subject in (${`snapshots/${first.id}`}, ${`snapshots/${second.id}`}) order by id
    `.execute(suite.ctx.db)
    expect(rows).toEqual([
      { verb: 'datasets.set_snapshot_tag', reason: 'checked' },
      { verb: 'datasets.set_snapshot_tag', reason: 'newer' },
      { verb: 'datasets.set_snapshot_tag', reason: '' },
      { verb: 'datasets.delete_snapshot_tag', reason: '' },
    ])
  })

  test.each(['latest', 'abcdef12', '2026-01-01', 'Upper', 'a b', 'snap_0'])('may not be %s', async (tag) => {
    const project = newProject()
    await make(project, [rowsOf(0, 1)])
    const address = `/api/v1/projects/${project}/datasets/data/tags/${encodeURIComponent(tag)}`
    const { status, body } = await suite.send('PUT', address, { ref: 'latest' })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(['snapshot_tag_reserved', 'invalid_request']).toContain(body.code)
  })
})

describe('erasing a snapshot', () => {
  const erase = (snapshot: Snapshot) => deleteSnapshot({ ctx: suite.ctx, input: { snapshot: snapshot.id } })

  test('removes it with its parts and figures; its place in the lineage stays', async () => {
    const project = newProject()
    const snapshot = await make(project, [rowsOf(0, 1), rowsOf(1, 2)])
    await ensureProfile({ ctx: suite.ctx, input: { snapshot: snapshot.id } })
    expect(await suite.ok('DELETE', `/api/v1/snapshots/${snapshot.id}`)).toEqual({ deleted: true })
    expect((await suite.send('GET', `/api/v1/snapshots/${snapshot.id}`)).body.code).toBe('snapshot_not_found')
    expect((await suite.send('DELETE', `/api/v1/snapshots/${snapshot.id}`)).body.code).toBe('snapshot_not_found')
    const { rows } = await sql`
      select (select count(*)::int from snapshot_parts where snapshot_id = ${snapshot.id}) as parts,
        (select count(*)::int from snapshot_profiles where snapshot_id = ${snapshot.id}) as profiles,
        (select deleted_at is not null from lineage_nodes where id = ${snapshot.id}) as erased,
        (select count(*)::int from events where kind = 'snapshot.deleted' and subject = ${`snapshots/${snapshot.id}`}) as events
    `.execute(suite.ctx.db)
    expect(rows).toEqual([{ parts: 0, profiles: 0, erased: true, events: 1 }])
  })

  test('is refused while something uses it', async () => {
    const project = newProject()
    await apply(project, {})
    const first = await make(project, [rowsOf(0, 1)])
    const second = await make(project, [rowsOf(0, 2)])
    await suite.ok('PUT', `/api/v1/projects/${project}/datasets/data/tags/good`, { ref: first.id })
    await recordLineage(suite.ctx, {
      things: [
        { kind: 'run', id: `run-${project}`, label: 'run' },
        { kind: 'validation', id: `val-${project}`, label: 'validation' },
      ],
      steps: [
        { from: { kind: 'snapshot', id: first.id }, to: { kind: 'run', id: `run-${project}` }, relation: 'trained' },
        {
          from: { kind: 'snapshot', id: first.id },
          to: { kind: 'validation', id: `val-${project}` },
          relation: 'checked',
        },
      ],
    })
    const error = await erase(first).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'snapshot_in_use' })
    expect(String(error)).toMatch(new RegExp(`tag good, run run-${project}$`))
    await expect(erase(second)).rejects.toThrow(/newest of dataset data/)
    const { rows } = await sql`select count(*)::int as n from snapshots where project = ${project}`.execute(
      suite.ctx.db,
    )
    expect(rows).toEqual([{ n: 2 }])
  })

  test('is possible once it was only looked at', async () => {
    const project = newProject()
    const snapshot = await make(project, [rowsOf(0, 1)])
    for (const kind of ['validation', 'drift_report'] as const) {
      const report = { kind, id: `only-${project}` }
      await recordLineage(suite.ctx, {
        things: [{ ...report, label: kind }],
        steps: [{ from: { kind: 'snapshot', id: snapshot.id }, to: report, relation: 'checked' }],
      })
    }
    expect(await erase(snapshot)).toEqual({ deleted: true })
  })
})

describe('data sets', () => {
  test('that no project declares are there when they have snapshots', async () => {
    const project = newProject()
    const snapshot = await make(project, [rowsOf(0, 1)], { dataset: 'pulled' })
    const found = await suite.ok('GET', `/api/v1/projects/${project}/datasets/pulled`)
    expect(found).toMatchObject({ name: 'pulled', is_declared: false, snapshot_count: 1, key: [] })
    expect(found.latest_snapshot.id).toBe(snapshot.id)
    await apply(project, { key: ['id'] })
    const listed = await listDatasets({ ctx: suite.ctx, input: { project } })
    expect(listed.map(({ name, is_declared }) => [name, is_declared])).toEqual([
      ['data', true],
      ['pulled', false],
    ])
    expect((await suite.send('GET', `/api/v1/projects/${project}/datasets/none`)).body.code).toBe('dataset_not_found')
    expect((await suite.send('GET', '/api/v1/projects/nowhere/datasets/none')).body.code).toBe('project_not_found')
    expect((await suite.send('GET', '/api/v1/projects/nowhere/datasets')).body.code).toBe('project_not_found')
  })

  test('tell of their newest ingest', async () => {
    const project = newProject()
    await apply(project, {})
    const insert = (id: string, state: string, at: string) =>
      sql`
      insert into ingest_runs (id, project, dataset, state, policy, source, started_at)
      values (${id}, ${project}, 'data', ${state}, '{"mode": "block"}', '{"kind": "csv", "location": "x"}', ${at})`.execute(
        suite.ctx.db,
      )
    await insert(`ing_a${project}`, 'succeeded', '2026-01-01T00:00:00Z')
    await insert(`ing_b${project}`, 'failed', '2026-01-02T00:00:00Z')
    const found = await suite.ok('GET', `/api/v1/projects/${project}/datasets/data`)
    expect(found.latest_ingest).toMatchObject({ id: `ing_b${project}`, state: 'failed' })
  })
})

describe('queries', () => {
  test('join snapshots, and tell what is wrong without the places of files', async () => {
    const project = newProject()
    const one = await make(project, [rowsOf(0, 3), rowsOf(3, 5)])
    const other = await make(project, [rowsOf(2, 9)])
    const address = `/api/v1/snapshots/${one.id}/query`
    const query = 'select count(*) as n from data join before using (id)'
    const reply = await suite.ok('POST', address, { sql: query, others: { before: other.id } })
    expect(reply).toMatchObject({ columns: [{ name: 'n', type: 'BIGINT' }], rows: [[3]], is_complete: true })
    const failed = await suite.send('POST', address, { sql: 'select nosuch from data' })
    expect([failed.status, failed.body.code]).toEqual([400, 'query_failed'])
    expect(JSON.stringify(failed.body)).not.toContain(suite.folder)
    expect((await suite.send('POST', address, { sql: "select * from read_text('/etc/hostname')" })).body.code).toBe(
      'query_refused',
    )
    expect((await suite.send('POST', address, { sql: 'select 1', others: { data: one.id } })).body.code).toBe(
      'query_refused',
    )
    expect((await suite.send('POST', address, { sql: 'select 1', others: { x: 'snap_none' } })).body.code).toBe(
      'snapshot_not_found',
    )
    expect((await suite.send('POST', address, { sql: 'select 1', limit: 0 })).body.code).toBe('invalid_request')
    const input = { snapshot: one.id, sql: 'select 1' }
    const busy = await Promise.allSettled(Array.from({ length: 8 }, () => querySnapshot({ ctx: suite.ctx, input })))
    const refused = busy.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))
    expect(refused).toEqual(Array(5).fill('queries_busy'))
  })

  test('end when their client goes', async () => {
    const snapshot = await make(newProject(), [rowsOf(0, 3)])
    const address = await suite.app.listen({ port: 0, host: '127.0.0.1' })
    const sql = 'select count(*) from range(100000000) a, range(100000000) b where (a.range * b.range) % 7 = 3'
    const ask = (body: object, signal?: AbortSignal) =>
      fetch(`${address}/api/v1/snapshots/${snapshot.id}/query`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        ...(signal === undefined ? {} : { signal }),
      })
    const abort = new AbortController()
    // One that finds no place, since a question below has it, asks again.
    const askEndless = async (): Promise<Response | undefined> => {
      for (;;) {
        const reply = await ask({ sql, timeout_ms: 60_000 }, abort.signal).catch(() => undefined)
        if (reply?.status !== 503) return reply
      }
    }
    const endless = [askEndless(), askEndless(), askEndless()]
    // All places are taken now, and free again once the clients are gone.
    while ((await ask({ sql: 'select 1' })).status !== 503);
    abort.abort()
    expect(await Promise.all(endless)).toEqual([undefined, undefined, undefined])
    while ((await ask({ sql: 'select 1' })).status !== 200);
  })
})

describe('exports', () => {
  const parts = [
    `select 1 as id, 'plain' as name, 1.5::double as size, true as yes, date '2026-01-02' as day, timestamp '2026-01-02 03:04:05' as at`,
    `select 2 as id, 'a "quoted", one' as name, 'nan'::double as size, null::boolean as yes, null::date as day, null::timestamp as at
     union all select 3, '', 1e20, false, null, null union all select 4, null, null, null, null, null
     union all select 5, 'é;
x', -0.25, true, null, null`,
  ]
  const columns = { id: 'integer', name: 'text', size: 'number', yes: 'boolean', day: 'date', at: 'timestamp' } as const

  async function exported(format: string) {
    const snapshot = await make(newProject(), parts, { columns })
    const reply = await suite.app.inject({
      method: 'GET',
      url: `/api/v1/snapshots/${snapshot.id}/export?format=${format}`,
    })
    expect(reply.statusCode).toBe(200)
    const ending = format === 'csv-fr' ? 'csv' : format
    const name = `data-${snapshot.content_hash.slice(0, 12)}.${ending}`
    expect(reply.headers['content-disposition']).toBe(`attachment; filename="${name}"`)
    return reply
  }

  test('are CSV with quotes where they are needed', async () => {
    expect((await exported('csv')).body).toBe(
      'id,name,size,yes,day,at\n1,plain,1.5,true,2026-01-02,2026-01-02 03:04:05\n2,"a ""quoted"", one",nan,,,\n3,"",1e+20,false,,\n4,,,,,\n5,"é;\nx",-0.25,true,,\n',
    )
  })

  test('are CSV as French spreadsheets have it', async () => {
    const { rawPayload } = await exported('csv-fr')
    expect([...rawPayload.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    expect(rawPayload.toString('utf8').split('\n').slice(0, 3)).toEqual([
      '\ufeffid;name;size;yes;day;at',
      '1;plain;1,5;true;2026-01-02;2026-01-02 03:04:05',
      '2;"a ""quoted"", one";nan;;;',
    ])
  })

  test('are NDJSON, each line a document', async () => {
    const { body } = await exported('ndjson')
    const rows = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows[0]).toEqual({
      id: 1,
      name: 'plain',
      size: 1.5,
      yes: true,
      day: '2026-01-02',
      at: '2026-01-02 03:04:05',
    })
    expect(rows[1].size).toBe('nan')
    expect(rows[3]).toEqual({ id: 4, name: null, size: null, yes: null, day: null, at: null })
    expect(rows).toHaveLength(5)
  })

  test('are one Parquet file, the kept one where there is one part', async () => {
    const merged = await exported('parquet')
    expect(merged.rawPayload.subarray(0, 4).toString()).toBe('PAR1')
    expect(Number(merged.headers['content-length'])).toBe(merged.rawPayload.length)
    const one = await make(newProject(), [rowsOf(0, 3)])
    const file = await suite.app.inject({ method: 'GET', url: `/api/v1/snapshots/${one.id}/file` })
    expect(file.rawPayload.length).toBe(one.bytes)
    expect(file.headers['content-disposition']).toBe(
      `attachment; filename="data-${one.content_hash.slice(0, 12)}.parquet"`,
    )
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
  })

  test('read back as what they were', async () => {
    const snapshot = await make(newProject(), [
      `select i as id, 'text, "' || i || E'\\n' as name from range(5000) t(i)`,
    ])
    const { content } = await exportSnapshot({ ctx: suite.ctx, input: { snapshot: snapshot.id } })
    const csv = await text(content)
    expect(csv.split('\n').length).toBe(5000 * 2 + 2)
    expect((await suite.send('GET', '/api/v1/snapshots/snap_none/export')).body.code).toBe('snapshot_not_found')
    expect((await suite.send('GET', `/api/v1/snapshots/${snapshot.id}/export?format=xls`)).body.code).toBe(
      'invalid_request',
    )
  })

  test('end when their reader goes', async () => {
    const snapshot = await make(newProject(), [`select i as id, repeat('x', 100) as name from range(500000) t(i)`])
    const { content } = await exportSnapshot({ ctx: suite.ctx, input: { snapshot: snapshot.id } })
    content.destroy()
    const again = await exportSnapshot({ ctx: suite.ctx, input: { snapshot: snapshot.id, format: 'ndjson' } })
    let bytes = 0
    for await (const chunk of again.content) bytes += chunk.length
    expect(bytes).toBeGreaterThan(50_000_000)
  })
})
