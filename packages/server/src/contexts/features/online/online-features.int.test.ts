import { FabriqueError, FeatureDeclarations, type Job, ProjectDefinition } from '@fabrique/contract'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSnapshot } from '../../../../test/support/make-snapshot.js'
import { openTestApp, type TestApp } from '../../../../test/support/test-app.js'
import { testStart } from '../../../../test/support/test-clock.js'
import { getJob, type JobWorker, startJobWorker } from '../../jobs/index.js'
import { applyProject } from '../../projects/index.js'
import { mountFeastRoutes } from '../feast-routes.js'
import { applyFeatures } from '../registry/apply-features.js'
import { mountFeatureRoutes } from '../routes.js'
import { checkJob, checkJobKind } from './check-view.js'
import { addFeatureGauges } from './feature-gauges.js'
import { materializeForSnapshot } from './follow-snapshots.js'
import { materializeJob } from './materialize-job.js'
import type { OnlineStore } from './model.js'
import { type OnlineFeatures, onlineFeatures } from './online-features.js'
import { postgresStore } from './postgres-store.js'
import { mountOnlineRoutes } from './routes.js'
import { materializeJobKind } from './start-materialize.js'

let suite: TestApp
let features: OnlineFeatures
let worker: JobWorker | undefined
/** How many calls of the store fail from now on. */
let failures = 0
let writes = 0

function brittle(store: OnlineStore): OnlineStore {
  const guarded = <Result>(action: () => Promise<Result>): Promise<Result> => {
    if (failures === 0) return action()
    failures -= 1
    return Promise.reject(new FabriqueError('online_store_unavailable', { store: 'PostgreSQL', reason: 'test' }))
  }
  return {
    ...store,
    read: (wanted) => guarded(() => store.read(wanted)),
    write: (version, rows) => {
      writes += 1
      return guarded(() => store.write(version, rows))
    },
  }
}

beforeAll(async () => {
  let store: OnlineStore | undefined
  suite = await openTestApp((app, ctx) => {
    store = brittle(postgresStore(ctx.db))
    features = onlineFeatures(store)
    mountOnlineRoutes(app, () => ctx, { store, features })
    mountFeastRoutes(app, () => ctx, { store, features })
    mountFeatureRoutes(app, () => ctx)
  })
  if (store === undefined) throw new Error('No routes were mounted')
  worker = await startJobWorker({
    ctx: suite.ctx,
    url: suite.database.url,
    events: {
      listen: () => () => {},
      subscribe: () => () => {},
      recentPosition: () => undefined,
      close: () => Promise.resolve(),
    },
    handlers: {
      [materializeJobKind]: materializeJob({ store, findCode: () => undefined }),
      [checkJobKind]: checkJob({ store, findCode: () => undefined }),
    },
    pollMs: 20,
  })
})
afterAll(async () => {
  await worker?.close()
  await suite?.close()
})

const user = { name: 'user', keys: [{ name: 'user_id', type: 'integer' }] }
const usage = {
  name: 'usage_30d',
  entities: ['user'],
  source: { kind: 'dataset', dataset: 'usage' },
  time: 'day',
  created: 'known',
  ttl_seconds: 45 * 86_400,
  features: [{ name: 'hours' }, { name: 'sessions' }],
  derived: [{ name: 'per_session', type: 'number', inputs: ['hours', 'sessions'], sql: 'hours / nullif(sessions, 0)' }],
}

async function declare(project: string, given: object): Promise<void> {
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: [{ name: 'usage', source: { kind: 'csv', paths: ['usage.csv'] } }],
    models: [],
  })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
  const declarations = FeatureDeclarations.parse(given)
  await applyFeatures({ ctx: suite.ctx, input: { project, declarations } })
  features.forgetPlans()
}

const columns = {
  user_id: 'integer',
  day: 'timestamp',
  known: 'timestamp',
  hours: 'number',
  sessions: 'integer',
} as const

type Row = readonly [
  user: number | null,
  day: string | null,
  known: string | null,
  hours: number | string | null,
  sessions: number | null,
]

const ingest = (project: string, ...parts: readonly (readonly Row[])[]) => {
  const text = (value: string | null) => (value === null ? 'null' : `'${value}'`)
  const selects = parts.map(
    (rows) =>
      `select * from (values ${rows
        .map(
          ([id, day, known, hours, sessions]) =>
            `(${id}::bigint, ${text(day)}::timestamp, ${text(known)}::timestamp, ${typeof hours === 'string' ? text(hours) : hours}::double, ${sessions}::bigint)`,
        )
        .join(', ')}) t (user_id, day, known, hours, sessions)`,
  )
  // Of two snapshots of one moment none is the newest.
  suite.clock.advance(60_000)
  return makeSnapshot(suite.ctx, { project, dataset: 'usage', parts: selects, columns })
}

async function endOf(job: Job): Promise<Job> {
  const find = () => getJob({ ctx: suite.ctx, input: { job: job.id } })
  await expect.poll(async () => (await find()).state).toMatch(/succeeded|failed|cancelled/)
  features.forgetPlans()
  return find()
}

const materialize = async (project: string, request: object = {}) =>
  endOf(await suite.ok('POST', `/api/v1/projects/${project}/features/materialize`, request))

const read = (project: string, users: readonly unknown[], more: object = { features: ['usage_30d'] }) =>
  suite.send('POST', `/api/v1/projects/${project}/features/online`, {
    keys: users.map((user_id) => ({ user_id })),
    ...more,
  })

const day = (daysAgo: number, us = 0) =>
  `${new Date(testStart.getTime() - daysAgo * 86_400_000).toISOString().slice(0, -1)}${String(us).padStart(3, '0')}`

describe('materialise and read', () => {
  test('the newest row of each key that counts, with its time, age and statuses', async () => {
    const project = 'p1'
    await declare(project, { entities: [user], feature_views: [usage] })
    await ingest(
      project,
      [
        [1, day(10), day(10), 5, 2],
        [1, day(3), day(3), 7, 4],
        [1, day(3), day(2), 8, 4],
        [1, day(3), null, 9, 4],
        [1, day(-5), day(-5), 99, 1],
        [2, day(50), day(50), 1, 1],
        [3, day(1, 1), day(1), null, 0],
      ],
      [
        [null, day(1), day(1), 1, 1],
        [4, null, day(1), 1, 1],
        [5, day(2), day(2), 'nan', 1],
        [6, day(2), day(2), '-inf', null],
      ],
    )
    expect(await read(project, [1])).toMatchObject({ status: 409, body: { code: 'feature_view_not_materialized' } })
    const job = await materialize(project)
    expect(job).toMatchObject({
      state: 'succeeded',
      result: { views: [{ view: 'usage_30d', version: 1, keys_written: 5 }] },
    })
    const { status, body } = await read(project, [1, '2', 3, 4, 5, 6, null, 7])
    expect(status).toBe(200)
    expect(body.features.map(({ name }: { name: string }) => name)).toEqual(['hours', 'sessions', 'per_session'])
    const rows: { values: unknown[]; statuses: string[]; event_times: string[]; age_seconds: number[] }[] = body.rows
    expect(rows.map(({ values }) => values)).toEqual([
      [8, 4, 2],
      [null, null, null],
      [null, 0, null],
      [null, null, null],
      ['NaN', 1, 'NaN'],
      ['-Infinity', null, null],
      [null, null, null],
      [null, null, null],
    ])
    const none = ['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']
    expect(rows.map(({ statuses }) => statuses)).toEqual([
      ['PRESENT', 'PRESENT', 'PRESENT'],
      ['OUTSIDE_MAX_AGE', 'OUTSIDE_MAX_AGE', 'OUTSIDE_MAX_AGE'],
      ['NULL_VALUE', 'PRESENT', 'NULL_VALUE'],
      none,
      ['PRESENT', 'PRESENT', 'PRESENT'],
      ['PRESENT', 'NULL_VALUE', 'NULL_VALUE'],
      none,
      none,
    ])
    expect(rows[0]?.event_times[0]).toBe(`${day(3).slice(0, 19)}Z`)
    expect(rows[2]?.event_times[0]).toBe(`${day(1, 1).slice(0, 26)}Z`)
    expect(rows[3]?.event_times[0]).toBeNull()
    const since = (suite.clock.now().getTime() - testStart.getTime()) / 1_000
    expect(rows[0]?.age_seconds[0]).toBe(3 * 86_400 + since)
    const list = await suite.ok('GET', `/api/v1/projects/${project}/feature-views/usage_30d/materializations`)
    expect(list.items).toMatchObject([{ state: 'succeeded', mode: 'full', keys_written: 5, keys_older: 0 }])
  })

  test('an age of exactly the time-to-live is kept, a millisecond more is not', async () => {
    const at = (ms: number) => new Date(testStart.getTime() - 3 * 86_400_000 + 45 * 86_400_000 + ms).toISOString()
    const statusAt = async (ms: number) =>
      (await read('p1', [1], { features: ['usage_30d:hours'], at: at(ms) })).body.rows[0].statuses
    expect([await statusAt(0), await statusAt(1)]).toEqual([['PRESENT'], ['OUTSIDE_MAX_AGE']])
    // Before the row came true nothing is known of the key.
    expect(
      (await read('p1', [1], { features: ['usage_30d'], at: '2020-01-01T00:00:00Z' })).body.rows[0].statuses[0],
    ).toBe('NOT_FOUND')
  })

  test('late rows of a new snapshot are never lost, and the repeat writes nothing newer away', async () => {
    const project = 'p2'
    await declare(project, { entities: [user], feature_views: [usage] })
    await ingest(project, [[1, day(9), day(9), 1, 1]])
    await materialize(project)
    // An event from before the last materialisation, which was known only afterwards.
    await ingest(project, [
      [1, day(9), day(9), 1, 1],
      [1, day(8), day(0), 2, 1],
      [2, day(30), day(0), 3, 1],
    ])
    const [job] = await materializeForSnapshot(suite.ctx, { project, dataset: 'usage' })
    if (job === undefined) throw new Error('No job was begun for the snapshot')
    await endOf(job)
    const { body } = await read(project, [1, 2], { features: ['usage_30d:hours'] })
    expect(body.rows.map(({ values }: { values: unknown[] }) => values)).toEqual([[2], [3]])
    // What the store has is newer than an older snapshot that comes after it.
    await ingest(project, [[1, day(20), day(20), 77, 1]])
    const older = await materialize(project, { full: true })
    expect(older.result).toMatchObject({ views: [{ keys_written: 0, keys_older: 1 }] })
    expect((await read(project, [1])).body.rows[0].values[0]).toBe(2)
  })

  test('a store that is away for a moment is waited for; reads say so and go on', async () => {
    const project = 'p3'
    await declare(project, { entities: [user], feature_views: [usage] })
    await ingest(project, [[1, day(9), day(9), 1, 1]])
    failures = 2
    expect((await materialize(project)).state).toBe('succeeded')
    expect(failures).toBe(0)
    await read(project, [1])
    failures = 1
    expect(await read(project, [1])).toMatchObject({ status: 503, body: { code: 'online_store_unavailable' } })
    expect((await read(project, [1])).body.rows[0].values[0]).toBe(1)
  })

  test('a new version is read when all of it is there, and keeps its own keys', async () => {
    const project = 'p4'
    await declare(project, { entities: [user], feature_views: [usage] })
    await ingest(project, [[1, day(9), day(9), 6, 2]])
    await materialize(project)
    const changed = { ...usage, features: [{ name: 'sessions' }, { name: 'hours' }], derived: [] }
    await declare(project, { entities: [user], feature_views: [changed] })
    const before = await read(project, [1], { features: ['usage_30d:sessions', 'usage_30d:hours'] })
    expect(before.body.features[0].version).toBe(1)
    expect(before.body.rows[0].values).toEqual([2, 6])
    await materialize(project)
    const after = await read(project, [1], { features: ['usage_30d:sessions', 'usage_30d:hours'] })
    expect(after.body.features[0].version).toBe(2)
    expect(after.body.rows[0].values).toEqual([2, 6])
    expect((await read(project, [1], { features: ['usage_30d:per_session'] })).body.code).toBe('feature_not_found')
  })

  test('values leave their windows by themselves, and rows are not pushed past them', async () => {
    const project = 'p5'
    const view = {
      ...usage,
      ttl_seconds: null,
      features: [],
      derived: [],
      aggregations: [
        { name: 'hours_5d', column: 'hours', function: 'sum', window_seconds: 5 * 86_400 },
        { name: 'count_5d', function: 'count', window_seconds: 5 * 86_400 },
      ],
    }
    await declare(project, { entities: [user], feature_views: [view] })
    await ingest(project, [
      [1, day(4), day(4), 10, 1],
      [1, day(1), day(1), 3, 1],
      [1, day(-1), day(-1), 1000, 1],
    ])
    expect((await materialize(project)).state).toBe('succeeded')
    const at = async (daysLater: number, ms: number) => {
      const moment = new Date(testStart.getTime() + daysLater * 86_400_000 + ms).toISOString()
      return (await read(project, [1], { features: ['usage_30d'], at: moment })).body.rows[0].values
    }
    expect(await at(0, 60_000)).toEqual([13, 2])
    expect(await at(1, 0)).toEqual([13, 2])
    expect(await at(1, 1)).toEqual([3, 1])
    expect(await at(4, 0)).toEqual([3, 1])
    expect(await at(4, 1)).toEqual([0, 0])
    const pushed = await suite.send('POST', `/api/v1/projects/${project}/feature-views/usage_30d/push`, {
      rows: [{ user_id: 1, hours_5d: 1 }],
    })
    expect(pushed).toMatchObject({ status: 422, body: { code: 'feature_push_refused' } })
  })
})

describe('push', () => {
  const project = 'pushed'
  const view = { ...usage, derived: [] }
  const push = (...rows: readonly object[]) =>
    suite.send('POST', `/api/v1/projects/${project}/feature-views/usage_30d/push`, { rows })

  test('rows are there at once, and only newer ones take their place', async () => {
    await declare(project, { entities: [user], feature_views: [view] })
    const first = await push({ user_id: 1, day: `${day(2)}Z`, hours: 1 }, { user_id: '2', day: `${day(2)}Z`, hours: 2 })
    expect(first).toMatchObject({ status: 200, body: { written: 2, older: 0 } })
    expect((await push({ user_id: 1, day: `${day(3)}Z`, hours: 9 })).body).toEqual({ written: 0, older: 1 })
    const twice = [
      { user_id: 1, day: `${day(1)}Z`, hours: 4 },
      { user_id: 1, day: `${day(1.5)}Z`, hours: 3 },
    ]
    expect((await push(...twice)).body).toEqual({ written: 1, older: 1 })
    const { body } = await read(project, [1, 2])
    expect(body.rows.map(({ values }: { values: unknown[] }) => values)).toEqual([
      [4, null],
      [2, null],
    ])
  })

  const cases: readonly (readonly [string, object, number, string])[] = [
    ['without its key', { hours: 1 }, 422, 'feature_key_missing'],
    ['with a key of null', { user_id: null, hours: 1 }, 422, 'feature_key_missing'],
    ['with a key of another type', { user_id: 'x', hours: 1 }, 422, 'feature_key_type'],
    ['with a key that is no whole number', { user_id: 1.5, hours: 1 }, 422, 'feature_key_type'],
    ['of the future', { user_id: 1, day: '2999-01-01T00:00:00Z' }, 422, 'feature_event_in_future'],
    ['with what is no moment', { user_id: 1, day: 'yesterday' }, 400, 'invalid_request'],
    ['with a column that the view does not have', { user_id: 1, minutes: 1 }, 400, 'invalid_request'],
  ]
  test.each(cases)('a row %s is refused', async (_what, row, status, code) => {
    expect(await push({ user_id: 77, hours: 1 }, row)).toMatchObject({ status, body: { code } })
    // The rows before it are not there either.
    expect((await read(project, [77])).body.rows[0].statuses[0]).toBe('NOT_FOUND')
  })
})

describe('bad requests', () => {
  const cases: readonly (readonly [string, object, number, string])[] = [
    ['no features', {}, 400, 'invalid_request'],
    ['features and a service', { features: ['usage_30d'], service: 's' }, 400, 'invalid_request'],
    ['an unknown view', { features: ['none:hours'] }, 404, 'feature_view_not_found'],
    ['an unknown feature', { features: ['usage_30d:none'] }, 404, 'feature_not_found'],
    ['an unknown service', { service: 'none' }, 404, 'feature_service_not_found'],
    ['a field that is not known', { features: ['usage_30d'], key: 1 }, 400, 'invalid_request'],
    ['a moment that is none', { features: ['usage_30d'], at: 'now' }, 400, 'invalid_request'],
  ]
  test.each(cases)('%s', async (_what, more, status, code) => {
    expect(await read('p1', [1], more)).toMatchObject({ status, body: { code } })
  })

  test('keys that are missing, of another type, or too many', async () => {
    const send = (keys: unknown) =>
      suite.send('POST', '/api/v1/projects/p1/features/online', { keys, features: ['usage_30d'] } as object)
    expect(await send([{}])).toMatchObject({ status: 422, body: { code: 'feature_key_missing' } })
    expect(await send([{ user_id: '007' }])).toMatchObject({ status: 422, body: { code: 'feature_key_type' } })
    expect(await send([{ user_id: { a: 1 } }])).toMatchObject({ status: 422, body: { code: 'feature_key_type' } })
    expect(await send([])).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(await send('x')).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    const many = Array.from({ length: 1_001 }, (_, user_id) => ({ user_id }))
    expect(await send(many)).toMatchObject({ status: 400, body: { code: 'invalid_request', field: 'keys' } })
    expect((await send(many.slice(1))).status).toBe(200)
  })
})

describe('in the shape of Feast', () => {
  test('columns of values, keys first, with statuses and times', async () => {
    const body = { entities: { user_id: [1, 2, 9] }, features: ['usage_30d:hours', 'usage_30d:sessions'] }
    const reply = await suite.ok('POST', '/get-online-features?project=p1', body)
    expect(reply.metadata).toEqual({ feature_names: ['user_id', 'hours', 'sessions'] })
    const epoch = '1970-01-01T00:00:00Z'
    expect(reply.results[0]).toEqual({
      values: [1, 2, 9],
      statuses: ['PRESENT', 'PRESENT', 'PRESENT'],
      event_timestamps: [epoch, epoch, epoch],
    })
    expect(reply.results[1]).toEqual({
      values: [8, null, null],
      statuses: ['PRESENT', 'OUTSIDE_MAX_AGE', 'NOT_FOUND'],
      event_timestamps: [`${day(3).slice(0, 19)}Z`, `${day(50).slice(0, 19)}Z`, epoch],
    })
    // Numbers that are no integers stay so: values are handed on as they are stored.
    const own = { keys: [{ user_id: 1 }], features: body.features }
    for (const [url, payload] of [
      ['/get-online-features?project=p1', body],
      ['/api/v1/projects/p1/features/online', own],
    ] as const) {
      expect((await suite.app.inject({ method: 'POST', url, payload })).body).toContain('"values":[8.0,')
    }
    const full = await suite.ok('POST', '/get-online-features?project=p1', { ...body, full_feature_names: true })
    expect(full.metadata.feature_names).toEqual(['user_id', 'usage_30d__hours', 'usage_30d__sessions'])
  })

  test('the project is said where several have the view', async () => {
    const body = { entities: { user_id: [1] }, features: ['usage_30d:hours'] }
    const reply = await suite.send('POST', '/get-online-features', body)
    expect(reply).toMatchObject({ status: 409, body: { code: 'features_project_ambiguous' } })
  })

  test('push, write and materialise', async () => {
    const df = { user_id: [11, 12], day: [day(1), day(1)], hours: [1, null] }
    const pushed = { push_source_name: 'usage_30d', df }
    expect((await suite.app.inject({ method: 'POST', url: '/push?project=pushed', payload: pushed })).statusCode).toBe(
      200,
    )
    const written = { feature_view_name: 'usage_30d', df: { user_id: [11], day: [day(0.5)], hours: [2] } }
    const url = '/write-to-online-store?project=pushed'
    expect((await suite.app.inject({ method: 'POST', url, payload: written })).statusCode).toBe(200)
    expect((await read('pushed', [11, 12])).body.rows.map(({ values }: { values: unknown[] }) => values[0])).toEqual([
      2,
      null,
    ])
    const uneven = { push_source_name: 'usage_30d', df: { user_id: [1, 2], hours: [1] } }
    expect(await suite.send('POST', '/push?project=pushed', uneven)).toMatchObject({ status: 400 })
    const range = {
      start_ts: '2020-01-01T00:00:00',
      end_ts: suite.clock.now().toISOString(),
      feature_views: ['usage_30d'],
    }
    expect((await suite.send('POST', '/materialize?project=p1', range)).status).toBe(200)
    const none = { end_ts: '2026-01-01T00:00:00', feature_views: ['none'] }
    expect(await suite.send('POST', '/materialize-incremental?project=p1', none)).toMatchObject({ status: 404 })
  })
})

test('each materialisation keeps what the view held, and says that it is there', async () => {
  const project = 'p8'
  await declare(project, { entities: [user], feature_views: [{ ...usage, ttl_seconds: 20 * 86_400 }] })
  const views = async () => (await suite.ok('GET', `/api/v1/projects/${project}/feature-views`)).items
  expect((await views())[0].materialized).toBeUndefined()
  const rows: Row[] = [
    [1, day(9), day(9), 1, 1],
    [1, day(12), day(12), 100, 1],
    [2, day(9), day(9), 3, null],
    [3, day(30), day(30), null, 0],
  ]
  await ingest(project, rows)
  await materialize(project)
  const statistics = async (query = '') =>
    suite.ok('GET', `/api/v1/projects/${project}/feature-views/usage_30d/statistics${query}`)
  const [first] = (await statistics()).items
  expect(first).toMatchObject({ view: 'usage_30d', version: 1, rows: 4, keys: 3, looked_at: 3, too_old: 1 })
  expect(first.newest_event).toBe(`${day(9).slice(0, 23)}Z`)
  expect(first.features).toMatchObject([
    { name: 'hours', nulls: 1, distinct: 2, numbers: { finite: 2, min: 1, max: 3, mean: 2, std: 1 } },
    { name: 'sessions', nulls: 1, numbers: { finite: 2, min: 0, max: 1 } },
    { name: 'per_session', nulls: 2, numbers: { finite: 1, min: 1, max: 1 } },
  ])
  const view = (await views())[0]
  expect(view.materialized).toMatchObject({ keys: 3, until: first.until, newest_event: first.newest_event })
  // Only what is new is written; the figures are of all of it.
  await ingest(project, [...rows, [4, day(1), day(1), null, 1]])
  expect((await materialize(project)).state).toBe('succeeded')
  suite.clock.advance(60_000)
  expect((await materialize(project)).result).toMatchObject({ views: [{ keys_written: 0 }] })
  const { items } = await statistics()
  expect(items.map(({ keys, looked_at }: Record<string, number>) => [keys, looked_at])).toEqual([
    [4, 4],
    [4, 4],
    [3, 3],
  ])
  const page = await statistics('?limit=2')
  expect(page.items).toEqual(items.slice(0, 2))
  expect((await statistics(`?limit=2&page_token=${page.next_page_token}`)).items).toEqual(items.slice(2))
  const registry = new Registry()
  addFeatureGauges(suite.ctx, registry)
  const text = await registry.metrics()
  expect(text).toContain('fabrique_feature_view_keys{project="p8",view="usage_30d"} 4')
  expect(text).toContain('fabrique_feature_view_rows{project="p8",view="usage_30d"} 5')
  expect(text).toContain('fabrique_feature_view_freshness_seconds{project="p8",view="usage_30d"} 0')
  expect(text).toContain('fabrique_feature_null_rate{project="p8",view="usage_30d",feature="hours"} 0.5')
})

test('what a job left open that was given up is closed by the next', async () => {
  const project = 'p10'
  await declare(project, { entities: [user], feature_views: [usage] })
  await ingest(project, [[1, day(9), day(9), 1, 1]])
  const job = await materialize(project)
  await suite.database.pool.query(
    `update materializations set state = 'running', ended_at = null where project = '${project}'`,
  )
  await suite.database.pool.query(`update jobs set state = 'failed' where id = '${job.id}'`)
  await materialize(project)
  const { items } = await suite.ok('GET', `/api/v1/projects/${project}/feature-views/usage_30d/materializations`)
  expect(items.map(({ state, error }: Record<string, { code: string }>) => [state, error?.code])).toEqual([
    ['succeeded', undefined],
    ['failed', 'job_abandoned'],
  ])
})

test('a repeat of a materialisation writes no row again', async () => {
  const project = 'p6'
  await declare(project, { entities: [user], feature_views: [usage] })
  await ingest(project, [[1, day(9), day(9), 1, 1]])
  await materialize(project)
  writes = 0
  const again = await materialize(project)
  expect([again.state, writes]).toEqual(['succeeded', 0])
})

test('a store that has lost its keys gets all of them again', async () => {
  const project = 'p9'
  await declare(project, { entities: [user], feature_views: [usage] })
  await ingest(project, [
    [1, day(9), day(9), 1, 1],
    [2, day(9), day(9), 2, 1],
  ])
  await materialize(project)
  await suite.database.pool.query(
    'delete from online_values where version_id = (select id from online_versions where project = $1)',
    [project],
  )
  expect((await read(project, [1])).body.rows[0].statuses[0]).toBe('NOT_FOUND')
  suite.clock.advance(60_000)
  expect((await materialize(project)).result).toMatchObject({ views: [{ keys_written: 2 }] })
  expect((await read(project, [2])).body.rows[0].values[0]).toBe(2)
  expect((await materialize(project)).result).toMatchObject({ views: [{ keys_written: 0 }] })
})

test('a check finds what is not online as it is offline, and leaves out what was pushed since', async () => {
  const project = 'p7'
  await declare(project, { entities: [user], feature_views: [{ ...usage, derived: [] }] })
  const check = async () =>
    endOf(await suite.ok('POST', `/api/v1/projects/${project}/feature-views/usage_30d/check`, { keys: 10 }))
  await ingest(project, [
    [1, day(9), day(9), 1, 1],
    [2, day(9), day(9), 2, 1],
    [3, day(9), day(9), 3, 1],
  ])
  await materialize(project)
  expect((await check()).result).toMatchObject({ values: 6, mismatches: 0 })
  await suite.ok('POST', `/api/v1/projects/${project}/feature-views/usage_30d/push`, {
    rows: [{ user_id: 3, day: `${day(1)}Z`, known: `${day(1)}Z`, hours: 33 }],
  })
  await suite.database.pool.query(
    `update online_values set steps = replace(steps, '[2.0,', '[5.0,') where key = '[2]' and version_id =
      (select id from online_versions where project = $1)`,
    [project],
  )
  expect((await check()).result).toMatchObject({ values: 4, mismatches: 1 })
  const { items } = await suite.ok('GET', `/api/v1/projects/${project}/feature-views/usage_30d/checks`)
  expect(items).toHaveLength(2)
  expect(items[0].examples).toEqual([{ keys: { user_id: '2' }, feature: 'hours', online: 5, offline: 2 }])
})
