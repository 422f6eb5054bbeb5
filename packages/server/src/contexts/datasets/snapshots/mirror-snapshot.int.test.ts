import { ProjectDefinition, type Snapshot } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MadeSnapshot, makeSnapshot } from '../../../../test/support/make-snapshot.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { applyProject } from '../../projects/index.js'
import { mirrorIfDeclared, mirrorSnapshot, settled } from './index.js'

let suite: TestContext
let made = 0
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

async function newProject(mirror: object | undefined): Promise<string> {
  made += 1
  const project = `p${made}`
  const dataset = {
    name: 'data',
    source: { kind: 'csv', paths: ['x.csv'] },
    ...(mirror === undefined ? {} : { mirror }),
  }
  const definition = ProjectDefinition.parse({ name: project, datasets: [dataset], models: [] })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
  return project
}

const columns = { id: 'integer', name: 'text' } as const

async function make(project: string, select: string, more: Partial<MadeSnapshot> = {}): Promise<Snapshot> {
  suite.clock.advance(24 * 3_600_000)
  return makeSnapshot(suite.ctx, { project, columns, parts: [select], ...more })
}

const rows = (count: number) => `select i as id, 'n' || i as name from range(${count}) t(i)`
const mirror = (snapshot: Snapshot) => mirrorSnapshot({ ctx: suite.ctx, input: { snapshot: snapshot.id } })
const read = async (query: string) => (await sql.raw<Record<string, unknown>>(query).execute(suite.ctx.db)).rows

describe('a mirror', () => {
  test('has the rows of each snapshot with its id and date, once', async () => {
    const project = await newProject({ schema: 'shop', table: 'usage' })
    const first = await make(
      project,
      `select 1 as id, 'x, "y" {z} \\ é' as name, 1.5::double as size, true as yes, date '2026-01-02' as day, timestamp '2026-01-02 03:04:05.5' as at
       union all select 9007199254740993, null, 'nan', null, null, null union all select 3, '', '-inf', false, '1999-12-31', null`,
      { columns: { id: 'integer', name: 'category', size: 'number', yes: 'boolean', day: 'date', at: 'timestamp' } },
    )
    expect(await mirror(first)).toEqual({ table: 'shop.usage', rows: 3, written: true, removed: [] })
    expect(await mirror(first)).toEqual({ table: 'shop.usage', rows: 0, written: false, removed: [] })
    expect(
      await read(
        `select id::text, name, size::text, yes, day::text, at::text, snapshot_id, snapshot_date::text from shop.usage order by id`,
      ),
    ).toEqual(
      [
        { id: '1', name: 'x, "y" {z} \\ é', size: '1.5', yes: true, day: '2026-01-02', at: '2026-01-02 03:04:05.5' },
        { id: '3', name: '', size: '-Infinity', yes: false, day: '1999-12-31', at: null },
        { id: '9007199254740993', name: null, size: 'NaN', yes: null, day: null, at: null },
      ].map((row) => ({ ...row, snapshot_id: first.id, snapshot_date: first.created_at.slice(0, 10) })),
    )
    const events = await read(
      `select count(*)::int as n from events where kind = 'snapshot.changed' and subject = 'snapshots/${first.id}'`,
    )
    expect(events).toEqual([{ n: 1 }])
  })

  test('takes many rows in batches, keeps the newest snapshots and gets new columns', async () => {
    const project = await newProject({ schema: 'kept', table: 'data', keep: 2 })
    const first = await make(project, rows(12_345))
    const second = await make(project, rows(2))
    const third = await make(project, "select 1 as id, 'n' as name, 2.5::double as extra", {
      columns: { ...columns, extra: 'number' },
    })
    expect(await mirror(first)).toMatchObject({ rows: 12_345 })
    expect(await mirror(second)).toMatchObject({ rows: 2, removed: [] })
    expect(await mirror(third)).toMatchObject({ rows: 1, removed: [first.id] })
    expect(
      await read('select snapshot_id, count(*)::int as n, sum(extra) as extra from kept.data group by 1 order by 2'),
    ).toEqual([
      { snapshot_id: third.id, n: 1, extra: 2.5 },
      { snapshot_id: second.id, n: 2, extra: null },
    ])
    // It is older than those that stay.
    expect(await mirror(first)).toMatchObject({ written: false })
    expect(await read('select count(*)::int as n from kept.data')).toEqual([{ n: 3 }])
  })

  test('is made anew where someone dropped it', async () => {
    const project = await newProject({ schema: 'dropped', table: 'data' })
    const snapshot = await make(project, rows(2))
    await mirror(snapshot)
    await read('drop table dropped.data')
    expect(await mirror(snapshot)).toMatchObject({ rows: 2, written: true })
  })

  test('is filled by one of several at the same time', async () => {
    const project = await newProject({ schema: 'busy', table: 'data' })
    const snapshot = await make(project, rows(500))
    const results = await Promise.all([mirror(snapshot), mirror(snapshot), mirror(snapshot)])
    expect(results.filter(({ written }) => written)).toHaveLength(1)
    expect(await read('select count(*)::int as n from busy.data')).toEqual([{ n: 500 }])
  })

  test('takes whole numbers into a column of numbers, and refuses other types', async () => {
    const project = await newProject({ schema: 'types', table: 'data' })
    await mirror(
      await make(project, "select 1.5::double as id, 'x' as name", { columns: { id: 'number', name: 'text' } }),
    )
    await mirror(await make(project, rows(1)))
    const wrong = await make(project, "select 'a' as id, 'x' as name", { columns: { id: 'text', name: 'text' } })
    await expect(mirror(wrong)).rejects.toMatchObject({
      code: 'mirror_type_conflict',
      params: { column: 'id', table: 'types.data', found: 'double precision', wanted: 'text', snapshot: wrong.id },
    })
    expect(await read('select count(*)::int as n from types.data')).toEqual([{ n: 2 }])
  })

  test('never touches a table that is not its own', async () => {
    await read('create schema theirs')
    await read('create table theirs.data (id bigint, name text)')
    await read("insert into theirs.data values (1, 'precious')")
    await read('create view theirs.look as select 1 as x')
    for (const table of ['data', 'look']) {
      const snapshot = await make(await newProject({ schema: 'theirs', table }), rows(1))
      await expect(mirror(snapshot)).rejects.toMatchObject({ code: 'mirror_table_taken' })
    }
    const ours = await make(await newProject({ schema: 'public', table: 'snapshots' }), rows(1))
    await expect(mirror(ours)).rejects.toMatchObject({ code: 'mirror_table_taken' })
    expect(await read('select * from theirs.data')).toEqual(
      [{ id: '1', name: 'precious' }].map((row) => ({ ...row, id: expect.anything() })),
    )
    const first = await make(await newProject({ schema: 'shared', table: 'data' }), rows(1))
    await mirror(first)
    const second = await make(await newProject({ schema: 'shared', table: 'data' }), rows(1))
    await expect(mirror(second)).rejects.toMatchObject({ code: 'mirror_table_taken' })
  })

  test('is as before when a snapshot cannot be written', async () => {
    const project = await newProject({ schema: 'refused', table: 'data' })
    const zero = await make(
      project,
      "select i as id, case when i = 5990 then 'a' || chr(0) else 'a' end as name from range(6000) t(i)",
    )
    await expect(mirror(zero)).rejects.toMatchObject({ code: 'mirror_refused' })
    expect(await read("select to_regclass('refused.data') as found")).toEqual([{ found: null }])
    const reserved = await make(project, 'select 1 as snapshot_id', { columns: { snapshot_id: 'integer' } })
    await expect(mirror(reserved)).rejects.toMatchObject({ code: 'mirror_refused' })
    const long = 'x'.repeat(64)
    const named = await make(project, `select 1 as ${long}`, { columns: { [long]: 'integer' } })
    await expect(mirror(named)).rejects.toMatchObject({ code: 'mirror_refused' })
    const system = await make(await newProject({ schema: 'pg_catalog', table: 'data' }), rows(1))
    await expect(mirror(system)).rejects.toMatchObject({ code: 'mirror_refused' })
  })

  test('is made only where it is declared', async () => {
    const snapshot = await make(await newProject(undefined), rows(1))
    await expect(mirror(snapshot)).rejects.toMatchObject({ code: 'mirror_not_declared' })
    expect(await mirrorIfDeclared(suite.ctx, snapshot.id)).toBeUndefined()
    const unknown = await make('nowhere', rows(1))
    expect(await mirrorIfDeclared(suite.ctx, unknown.id)).toBeUndefined()
    await expect(mirrorIfDeclared(suite.ctx, 'snap_none')).rejects.toMatchObject({ code: 'snapshot_not_found' })
  })
})

describe('after an ingest', () => {
  test('a snapshot has its figures and its mirror', async () => {
    const snapshot = await make(await newProject({ schema: 'settled', table: 'data' }), rows(3))
    const stages: string[] = []
    const job = {
      ctx: suite.ctx,
      id: 'job_1',
      project: undefined,
      input: {},
      report: ({ stage }: { stage: string }) => stages.push(stage),
    }
    const result = { snapshot_id: snapshot.id, is_new: true }
    expect(await settled(async () => result)({ ...job, report: (progress) => void job.report(progress) })).toBe(result)
    expect(stages).toEqual(['profile'])
    expect(await read('select count(*)::int as n from settled.data')).toEqual([{ n: 3 }])
    expect(await read(`select count(*)::int as n from snapshot_profiles where snapshot_id = '${snapshot.id}'`)).toEqual(
      [{ n: 1 }],
    )
    const other = { files: 3 }
    expect(await settled(async () => other)({ ...job, report: () => {} })).toBe(other)
  })
})
