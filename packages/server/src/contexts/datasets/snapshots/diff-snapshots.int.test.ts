import { ProjectDefinition, type SnapshotDiff } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MadeSnapshot, makeSnapshot } from '../../../../test/support/make-snapshot.js'
import { openTestApp, type TestApp } from '../../../../test/support/test-app.js'
import { applyProject } from '../../projects/index.js'
import { mountDatasetRoutes } from '../index.js'

let suite: TestApp
let made = 0
beforeAll(async () => {
  suite = await openTestApp((app, ctx) => mountDatasetRoutes(app, () => ctx))
})
afterAll(() => suite?.close())

type Columns = MadeSnapshot['columns']

const plain: Columns = { id: 'integer', size: 'number', name: 'text' }

interface Compared {
  readonly base: readonly string[]
  readonly head: readonly string[]
  readonly columns?: Columns
  readonly headColumns?: Columns
  readonly key?: readonly string[]
  readonly limit?: number
}

async function diff({
  base,
  head,
  columns = plain,
  headColumns = columns,
  key = ['id'],
  limit,
}: Compared): Promise<SnapshotDiff> {
  made += 1
  const project = `p${made}`
  const dataset = { name: 'data', source: { kind: 'csv', paths: ['x.csv'] }, key }
  const definition = ProjectDefinition.parse({ name: project, datasets: [dataset], models: [] })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
  const before = await makeSnapshot(suite.ctx, { project, columns, parts: base })
  // A data set has a content once; another one can have the same.
  const after = await makeSnapshot(suite.ctx, { project, columns: headColumns, parts: head }).catch(() => before)
  return suite.ok(
    'GET',
    `/api/v1/snapshots/${after.id}/diff?base=${before.id}${limit === undefined ? '' : `&limit=${limit}`}`,
  )
}

describe('rows by key', () => {
  test('are added, removed, changed or the same, cell by cell', async () => {
    const found = await diff({
      base: [
        "select * from (values (1, 1.5::double, 'a'), (2, 'nan', 'b'), (3, null, 'c'), (4, 4, 'd')) t(id, size, name)",
      ],
      head: [
        "select * from (values (2, 'nan'::double, 'b'), (3, 3, null), (4, 4, 'D'), (5, 5, 'e')) t(id, size, name)",
      ],
    })
    expect(found.key).toEqual(['id'])
    expect(found.rows).toEqual({ base: 4, head: 4, added: 1, removed: 1, changed: 2, unchanged: 1 })
    expect(found.changed_columns).toEqual([
      { column: 'name', rows: 2 },
      { column: 'size', rows: 1 },
    ])
    expect(found.samples).toEqual({
      added: [{ id: 5, size: 5, name: 'e' }],
      removed: [{ id: 1, size: 1.5, name: 'a' }],
      changed: [
        { key: { id: 3 }, values: { size: { base: null, head: 3 }, name: { base: 'c', head: null } } },
        { key: { id: 4 }, values: { name: { base: 'd', head: 'D' } } },
      ],
    })
  })

  test('match through several columns, missing values among them', async () => {
    const found = await diff({
      columns: { a: 'integer', b: 'text', v: 'integer' },
      key: ['a', 'b'],
      base: ["select * from (values (1, 'x', 1), (1, null, 2), (2, 'x', 3)) t(a, b, v)"],
      head: ["select * from (values (1, 'x', 1), (1, null, 9), (2, 'y', 3)) t(a, b, v)"],
    })
    expect(found.rows).toEqual({ base: 3, head: 3, added: 1, removed: 1, changed: 1, unchanged: 1 })
    expect(found.samples.changed).toEqual([{ key: { a: 1, b: null }, values: { v: { base: 2, head: 9 } } }])
  })

  test('are compared as text where a type changed, and columns that came or went are told', async () => {
    const found = await diff({
      base: ["select 1 as id, 5 as size, 'a' as name union all select 2, 6, 'b'"],
      head: ["select 1 as id, '5' as size, true as fresh union all select 2, 'six', false"],
      columns: { id: 'integer', size: 'integer', name: 'text' },
      headColumns: { id: 'integer', size: 'text', fresh: 'boolean' },
    })
    expect(found.schema).toEqual([
      { column: 'name', change: 'removed', from: 'text' },
      { column: 'size', change: 'type', from: 'integer', to: 'text' },
      { column: 'fresh', change: 'added', to: 'boolean' },
    ])
    expect(found.rows).toMatchObject({ changed: 1, unchanged: 1, added: 0, removed: 0 })
    expect(found.samples.changed).toEqual([{ key: { id: 2 }, values: { size: { base: 6, head: 'six' } } }])
    expect(found.shifts.map(({ column }) => column)).toEqual(['id'])
  })

  test('that are not unique are compared as whole rows', async () => {
    const rows = "select * from (values (1, 1.0, 'a'), (1, 2.0, 'b')) t(id, size, name)"
    const found = await diff({ base: [rows], head: [`${rows} union all select 3, 3, 'c'`] })
    expect(found.key).toEqual([])
    expect(found.rows).toEqual({ base: 2, head: 3, added: 1, removed: 0, changed: 0, unchanged: 2 })
  })
})

describe('whole rows', () => {
  test('count as often as they occur', async () => {
    const found = await diff({
      key: [],
      base: ["select 1 as id, 'nan'::double as size, null as name from range(3) union all select 2, 2, 'b'"],
      head: ["select 1 as id, 'nan'::double as size, null as name from range(5) union all select 3, 3, 'c'"],
    })
    expect(found.rows).toEqual({ base: 4, head: 6, added: 3, removed: 1, changed: 0, unchanged: 3 })
    expect(found.samples.added).toEqual([
      { id: 1, size: 'NaN', name: null },
      { id: 3, size: 3, name: 'c' },
    ])
    expect(found.samples.removed).toEqual([{ id: 2, size: 2, name: 'b' }])
  })

  test('without a column in common are all other rows', async () => {
    const found = await diff({
      key: [],
      base: ['select 1 as a'],
      head: ['select 1 as b from range(2)'],
      columns: { a: 'integer' },
      headColumns: { b: 'integer' },
    })
    expect(found.rows).toEqual({ base: 1, head: 2, added: 2, removed: 1, changed: 0, unchanged: 0 })
    expect(found.shifts).toEqual([])
  })
})

describe('parts', () => {
  const part = (from: number) =>
    `select i as id, i * 0.5::double as size, 'n' as name from range(${from}, ${from + 100}) t(i)`

  test('that both have are the same rows', async () => {
    const keyed = await diff({ base: [part(0), part(100), part(200)], head: [part(100), part(300), part(200)] })
    expect(keyed.rows).toEqual({ base: 300, head: 300, added: 100, removed: 100, changed: 0, unchanged: 200 })
    const whole = await diff({ key: [], base: [part(0), part(0)], head: [part(0), part(500)] })
    expect(whole.rows).toEqual({ base: 200, head: 200, added: 100, removed: 100, changed: 0, unchanged: 100 })
  })

  test('that are all the same need no look at rows', async () => {
    const found = await diff({ base: [part(0), part(100)], head: [part(0), part(100)] })
    expect(found.base).toBe(found.head)
    expect(found.rows).toEqual({ base: 200, head: 200, added: 0, removed: 0, changed: 0, unchanged: 200 })
    expect(found.shifts.map(({ score }) => score)).toEqual([0, 0, 0])
  })
})

describe('shifts', () => {
  test('are sorted by how far values moved, with the figures of both', async () => {
    const rows = (offset: number, name: string) =>
      `select i as id, i % 10 + ${offset}::double as size, ${name} as name from range(1000) t(i)`
    const found = await diff({ base: [rows(0, "'a'")], head: [rows(20, "case when i < 500 then 'a' else 'b' end")] })
    expect(found.shifts.map(({ column, method }) => [column, method])).toEqual([
      ['size', 'wasserstein'],
      ['name', 'jensenshannon'],
      ['id', 'wasserstein'],
    ])
    // 20 over the deviation of 0 to 9.
    expect(found.shifts[0]?.score).toBeCloseTo(20 / Math.sqrt(8.25), 10)
    expect(found.shifts[0]?.base.mean).toBe(4.5)
    expect(found.shifts[0]?.head.mean).toBe(24.5)
    expect(found.shifts[2]?.score).toBe(0)
  })

  test('come with no more samples than asked for', async () => {
    const found = await diff({
      base: ['select i as id, 1.0 as size, null as name from range(10) t(i)'],
      head: ['select i as id, 2.0 as size, null as name from range(5, 30) t(i)'],
      limit: 2,
    })
    expect(found.rows).toEqual({ base: 10, head: 25, added: 20, removed: 5, changed: 5, unchanged: 0 })
    expect([found.samples.added.length, found.samples.removed.length, found.samples.changed.length]).toEqual([2, 2, 2])
    const none = await diff({
      base: ['select 1 as id, 1.0 as size, null as name'],
      head: ['select 2 as id, 1.0 as size, null as name'],
      limit: 0,
    })
    expect(none.samples).toEqual({ added: [], removed: [], changed: [] })
    expect((await suite.send('GET', `/api/v1/snapshots/${none.head}/diff?base=snap_none`)).body.code).toBe(
      'snapshot_not_found',
    )
    expect((await suite.send('GET', `/api/v1/snapshots/${none.head}/diff`)).body.code).toBe('invalid_request')
  })
})
