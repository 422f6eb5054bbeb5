import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FeatureDeclarations, ProjectDefinition, type PushRequest } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { ingest, listSnapshots, useSnapshot } from '../../datasets/index.js'
import { getLineage } from '../../lineage/index.js'
import { applyProject } from '../../projects/index.js'
import { applyFeatures } from '../registry/apply-features.js'
import type { OnlineStore } from './model.js'
import { postgresStore } from './postgres-store.js'
import { pushFeatures } from './push-features.js'
import type { RowConditionOf } from './push-offline.js'

let suite: TestContext
let store: OnlineStore
beforeAll(async () => {
  suite = await openTestContext()
  store = postgresStore(suite.ctx.db)
})
afterAll(() => suite?.close())

const column = (type: string, more: object = {}) => ({ type, nullable: false, ...more })
const header = 'user_id,at,hours,plan'

async function openProject(project: string, dataset: object = {}, view: object = {}): Promise<void> {
  const folder = join(suite.folder, project)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'usage.csv'), `${header}\n1,2026-01-01,1.5,gold\n2,2026-01-02,2,\n`)
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: [
      {
        name: 'usage',
        source: { kind: 'csv', paths: ['usage.csv'] },
        columns: {
          user_id: column('integer'),
          at: column('timestamp'),
          hours: column('number', { max: 744 }),
          plan: { type: 'category', nullable: true, values: ['gold', 'free'] },
        },
        time: 'at',
        ...dataset,
      },
      { name: 'empty', source: { kind: 'csv', paths: ['empty.csv'] } },
    ],
    models: [],
  })
  await applyProject({ ctx: suite.ctx, input: { folder, definition } })
  await ingest({ ctx: suite.ctx, input: { project, dataset: 'usage' } })
  const base = {
    entities: ['user'],
    source: { kind: 'dataset', dataset: 'usage' },
    time: 'at',
    features: [{ name: 'time_watched', column: 'hours' }, { name: 'plan' }],
    ...view,
  }
  const declarations = FeatureDeclarations.parse({
    entities: [{ name: 'user', keys: [{ name: 'user', type: 'integer' }] }],
    feature_views: [
      { name: 'usage', keys: { user: 'user_id' }, ...base },
      {
        name: 'queried',
        keys: { user: 'user_id' },
        ...base,
        source: { kind: 'sql', sql: 'select * from usage', datasets: ['usage'] },
      },
      {
        name: 'summed',
        keys: { user: 'user_id' },
        ...base,
        features: [],
        aggregations: [{ name: 'sum_1d', column: 'hours', function: 'sum', window_seconds: 86_400 }],
      },
      { ...base, name: 'without', keys: { user: 'user_id' }, source: { kind: 'dataset', dataset: 'empty' } },
    ],
  })
  await applyFeatures({ ctx: suite.ctx, input: { project, declarations } })
}

/** As the context of validation gives it for a range; that one is above this. */
const outOfRange: RowConditionOf = ({ kwargs: { column: name, min_value: min, max_value: max } }) =>
  `${name} < ${min ?? '-1e300'} or ${name} > ${max ?? '1e300'}`

const push = (project: string, rows: PushRequest['rows'], to: PushRequest['to'] = 'offline', view = 'usage') =>
  pushFeatures({
    ctx: suite.ctx,
    input: { project, view, request: { rows, to }, store, row_condition: outOfRange },
  })

async function snapshots(project: string) {
  const { items } = await listSnapshots({ ctx: suite.ctx, input: { project, dataset: 'usage', limit: 100 } })
  return items
}

/** The rows of the newest snapshot in their order, as texts. */
async function rowsOf(project: string): Promise<unknown[][]> {
  const [newest] = await snapshots(project)
  if (newest === undefined) throw new Error('No snapshot')
  expect(newest.parts.reduce((sum, part) => sum + part.row_count, 0)).toBe(newest.row_count)
  return useSnapshot(suite.ctx, newest, async (connection, _table, numbered) => {
    const read = await connection.runAndReadAll(
      `select user_id::varchar, "at"::varchar, hours::varchar, plan from ${numbered('n')} order by n`,
    )
    return read.getRows()
  })
}

const before = [
  ['1', '2026-01-01 00:00:00', '1.5', 'gold'],
  ['2', '2026-01-02 00:00:00', '2.0', null],
]

test('rows come after those of the data set, stay when its source is read again, and a repeat changes nothing', async () => {
  const project = 'appended'
  await openProject(project)
  suite.clock.advance(60_000)
  const rows = [
    { user: 1, at: '2026-02-01T12:00:00.000001+02:00', time_watched: 3, plan: 'free' },
    { user_id: '9007199254740993', at: '2026-02-02', hours: '2.5e1' },
  ]
  const first = await push(project, rows)
  expect(first).toMatchObject({ written: 0, older: 0, appended: 2 })
  const added = [
    ['1', '2026-02-01 10:00:00.000001', '3.0', 'free'],
    ['9007199254740993', '2026-02-02 00:00:00', '25.0', null],
  ]
  expect(await rowsOf(project)).toEqual([...before, ...added])
  expect(await push(project, rows)).toEqual({ written: 0, older: 0, appended: 0, snapshot_id: first.snapshot_id })

  // Both at once, and one more part is not made of them.
  suite.clock.advance(60_000)
  await Promise.all([
    push(project, [{ user: 5, at: '2026-02-03', time_watched: 5 }]),
    push(project, [{ user: 6, at: '2026-02-03', time_watched: 6 }, ...rows]),
  ])
  const all = (await rowsOf(project)).slice(4).map(([user]) => user)
  expect(all.toSorted()).toEqual(['5', '6'])
  const [newest] = await snapshots(project)
  expect(newest?.parts).toHaveLength(2)

  // The source has other rows now; those that were sent stay after them.
  suite.clock.advance(60_000)
  await writeFile(join(suite.folder, project, 'usage.csv'), `${header}\n7,2026-01-05,7,gold\n`)
  const { snapshot } = await ingest({ ctx: suite.ctx, input: { project, dataset: 'usage' } })
  expect(snapshot.row_count).toBe(5)
  expect((await rowsOf(project)).map(([user]) => user)).toEqual(['7', '1', '9007199254740993', ...all])
  expect((await snapshots(project)).length).toBe(5)
  const lineage = await getLineage({
    ctx: suite.ctx,
    input: { kind: 'snapshot', id: newest?.id ?? '', direction: 'up', depth: 10 },
  })
  expect(lineage.nodes.map(({ label }) => label)).toContain('push://usage')
})

test('both writes the same moment online and offline', async () => {
  const project = 'both'
  await openProject(project)
  suite.clock.advance(60_000)
  const reply = await push(project, [{ user: 1, time_watched: 4, plan: 'free' }], 'both')
  expect(reply).toMatchObject({ written: 1, older: 0, appended: 1 })
  const now = suite.clock.now()
  const { rows } = await suite.database.pool.query(
    'select key, event_us, steps from online_values v join online_versions o on o.id = v.version_id where project = $1',
    [project],
  )
  expect(rows).toEqual([{ key: '[1]', event_us: now.getTime() * 1_000, steps: expect.stringContaining('[4,"free"]') }])
  expect((await rowsOf(project)).at(-1)).toEqual([
    '1',
    now
      .toISOString()
      .replace('T', ' ')
      .replace(/\.?0*Z$/, ''),
    '4.0',
    'free',
  ])
})

test('what the data set does not take is refused, with all other rows', async () => {
  const project = 'refused'
  const expectations = [
    { type: 'expect_column_values_to_be_between', kwargs: { column: 'hours', min_value: 0 }, severity: 'critical' },
    { type: 'expect_column_values_to_be_between', kwargs: { column: 'hours', max_value: 10 }, severity: 'warning' },
  ]
  await openProject(project, { key: ['user_id', 'at'], expectations })
  const good = { user: 8, at: '2026-02-01', time_watched: 1 }
  const code = async (row: PushRequest['rows'][number], view?: string, to?: PushRequest['to']) => {
    const error = await push(project, [good, row], to ?? 'offline', view ?? 'usage').catch((reason: unknown) => reason)
    return error
  }
  const refused = (column_: string, row = 2) => ({ code: 'pushed_row_refused', params: { row, column: column_ } })
  expect(await code({ ...good, user: 1, time_watched: 745 })).toMatchObject(refused('hours'))
  expect(await code({ ...good, user: 1, time_watched: -1 })).toMatchObject(refused('hours'))
  expect(await code({ ...good, user: 1, time_watched: null })).toMatchObject(refused('hours'))
  expect(await code({ ...good, user: 1, time_watched: 'many' })).toMatchObject(refused('hours'))
  expect(await code({ ...good, user: 1.5 })).toMatchObject(refused('user_id'))
  expect(await code({ ...good, user: '9223372036854775808' })).toMatchObject(refused('user_id'))
  expect(await code({ ...good, user: 1, plan: 'silver' })).toMatchObject(refused('plan'))
  expect(await code({ ...good, user: 1, minutes: 3 })).toMatchObject(refused('minutes'))
  expect(await code({ ...good, user: 1, at: '2026-02-30' })).toMatchObject({ code: 'invalid_request' })
  expect(await code({ ...good, user: 1, at: '2999-01-01' })).toMatchObject({ code: 'feature_event_in_future' })
  expect(await code({ at: '2026-02-01', time_watched: 1 })).toMatchObject({ code: 'feature_key_missing' })
  // The key of a row names it: within the rows, and with those that are there.
  expect(await code({ ...good, time_watched: 2 })).toMatchObject(refused('user_id, at'))
  expect(await code({ ...good, user: 2, at: '2026-01-02' })).toMatchObject(refused('user_id, at'))
  expect(await code(good, 'queried')).toMatchObject({ code: 'feature_push_refused' })
  expect(await code(good, 'without')).toMatchObject({ code: 'feature_source_missing' })
  expect(await code({ user: 1, hours: 1 }, 'summed', 'both')).toMatchObject({ code: 'feature_push_refused' })
  expect(await rowsOf(project)).toEqual(before)
  expect(await snapshots(project)).toHaveLength(1)
  // What only warns is told by the validation of the snapshot; and events of a view with windows come to it by its data set.
  suite.clock.advance(60_000)
  expect(await push(project, [{ user: 1, at: '2026-02-01', hours: 11 }], 'offline', 'summed')).toMatchObject({
    appended: 1,
  })
})
