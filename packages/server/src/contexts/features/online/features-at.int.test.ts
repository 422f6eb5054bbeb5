import { FeatureDeclarations, ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSnapshot } from '../../../../test/support/make-snapshot.js'
import { openTestApp, type TestApp } from '../../../../test/support/test-app.js'
import { applyProject } from '../../projects/index.js'
import { applyFeatures } from '../registry/apply-features.js'
import { onlineFeatures } from './online-features.js'
import { postgresStore } from './postgres-store.js'
import { mountOnlineRoutes } from './routes.js'

let suite: TestApp

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    const store = postgresStore(ctx.db)
    mountOnlineRoutes(app, () => ctx, { store, features: onlineFeatures(store) })
  })
})
afterAll(() => suite?.close())

const user = { name: 'user', keys: [{ name: 'user_id', type: 'integer' }] }
const device = { name: 'device', keys: [{ name: 'user_id' }, { name: 'device' }] }
const columns = { user_id: 'integer', device: 'text', moment: 'timestamp', hours: 'number' } as const

const usage = {
  name: 'usage',
  entities: ['user'],
  source: { kind: 'dataset', dataset: 'usage' },
  time: 'moment',
  ttl_seconds: 86_400,
  features: [{ name: 'hours' }],
  derived: [
    { name: 'minutes', type: 'number', inputs: ['hours'], sql: 'hours * 60' },
    { name: 'busy', type: 'boolean', inputs: ['hours'], code: 'a'.repeat(64) },
  ],
}
const totals = {
  name: 'totals',
  entities: ['user'],
  source: { kind: 'dataset', dataset: 'usage' },
  time: 'moment',
  aggregations: [
    { name: 'day', column: 'hours', function: 'sum', window_seconds: 86_400 },
    { name: 'events', function: 'count', window_seconds: 3600 },
  ],
}
const perDevice = {
  name: 'devices',
  entities: ['device'],
  source: { kind: 'sql', sql: 'select * from usage where hours is not null', datasets: ['usage'] },
  time: 'moment',
  features: [{ name: 'hours' }],
}

type Row = readonly [user: number | null, device: string | null, at: string | null, hours: number | null]

const text = (value: string | null) => (value === null ? 'null' : `'${value.replaceAll("'", "''")}'`)

async function prepare(project: string, rows: readonly Row[] | undefined): Promise<void> {
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: [{ name: 'usage', source: { kind: 'csv', paths: ['usage.csv'] } }],
    models: [],
  })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
  if (rows !== undefined) {
    const values = rows.map(
      ([id, name, at, hours]) => `(${id}::bigint, ${text(name)}, ${text(at)}::timestamp, ${hours}::double)`,
    )
    const select = `select * from (values ${values.join(', ')}) t (user_id, device, moment, hours)`
    await makeSnapshot(suite.ctx, { project, dataset: 'usage', parts: [select], columns })
  }
  const declarations = FeatureDeclarations.parse({
    entities: [user, device],
    feature_views: [usage, totals, perDevice],
    feature_services: [
      { name: 'both', views: [{ view: 'usage', prefix: 'u_', features: ['hours'] }, { view: 'totals' }] },
    ],
  })
  await applyFeatures({ ctx: suite.ctx, input: { project, declarations } })
}

const ask = (project: string, body: object) => suite.send('POST', `/api/v1/projects/${project}/features/at`, body)

/** The values of one key at a moment. */
async function valuesAt(project: string, user_id: unknown, at: string, features = ['usage:hours']) {
  const { status, body } = await ask(project, { features, keys: [{ user_id }], at })
  expect(status, JSON.stringify(body)).toBe(200)
  const { values, statuses } = body.rows[0]
  return { values, statuses }
}

describe('features at a moment', () => {
  const rows: readonly Row[] = [
    [1, 'tv', '2026-03-01 10:00:00', 1],
    [1, 'tv', '2026-03-01 12:00:00', 2],
    [1, 'phone', '2026-03-05 00:00:00', 4],
    [2, 'tv', '2026-03-01 10:00:00', null],
    [12, 'tv', '2026-03-01 10:00:00', 12],
    [null, 'tv', '2026-03-01 10:00:00', 9],
    [3, 'tv', null, 9],
    [4, 'o\'b"[1,2]', '2026-03-01 10:00:00', 5],
  ]
  beforeAll(() => prepare('moments', rows))

  test.each([
    ['before the first event', '2026-03-01T09:59:59.999Z', null, 'NOT_FOUND'],
    ['exactly at an event', '2026-03-01T10:00:00Z', 1, 'PRESENT'],
    ['just before the next one, which does not count yet', '2026-03-01T11:59:59.999Z', 1, 'PRESENT'],
    ['at the next one', '2026-03-01T12:00:00Z', 2, 'PRESENT'],
    ['exactly as old as the time-to-live', '2026-03-02T12:00:00Z', 2, 'PRESENT'],
    ['a millisecond older', '2026-03-02T12:00:00.001Z', null, 'OUTSIDE_MAX_AGE'],
    ['after a newer event', '2026-03-05T00:00:00Z', 4, 'PRESENT'],
  ])('%s', async (_case, at, value, status) => {
    expect(await valuesAt('moments', 1, at)).toEqual({ values: [value], statuses: [status] })
  })

  test('a key without a value, without a row, without a time, and null', async () => {
    const at = '2026-03-01T12:00:00Z'
    const { status, body } = await ask('moments', {
      features: ['usage:hours'],
      keys: [2, 99, 3, null, '12', 1].map((user_id) => ({ user_id })),
      at,
    })
    expect(status).toBe(200)
    const found: { values: unknown[]; statuses: string[]; event_times: unknown[]; age_seconds: unknown[] }[] = body.rows
    expect(found.map(({ values, statuses }) => [values[0], statuses[0]])).toEqual([
      [null, 'NULL_VALUE'],
      [null, 'NOT_FOUND'],
      [null, 'NOT_FOUND'],
      [null, 'NOT_FOUND'],
      [12, 'PRESENT'],
      [2, 'PRESENT'],
    ])
    expect([found[4]?.event_times, found[4]?.age_seconds]).toEqual([['2026-03-01T10:00:00Z'], [7200]])
  })

  test('aggregations hold the events of their windows, both ends included', async () => {
    const day = (at: string) => valuesAt('moments', 1, at, ['totals'])
    expect((await day('2026-03-01T12:00:00Z')).values).toEqual([3, 1])
    expect((await day('2026-03-02T10:00:00Z')).values).toEqual([3, 0])
    expect((await day('2026-03-02T10:00:00.001Z')).values).toEqual([2, 0])
    expect((await day('2026-03-04T10:00:00Z')).values).toEqual([0, 0])
    expect((await day('2026-03-01T09:00:00Z')).statuses).toEqual(['NOT_FOUND', 'NOT_FOUND'])
  })

  test('keys of several columns are told apart, whatever is in them', async () => {
    const { body } = await ask('moments', {
      features: ['devices'],
      keys: [
        { user_id: 1, device: 'tv' },
        { user_id: 1, device: 'phone' },
        { user_id: 4, device: 'o\'b"[1,2]' },
        { user_id: 4, device: 'o\'b"[1,2' },
        { user_id: 4, device: 'a\u0000b' },
        { user_id: 4, device: null },
      ],
      at: '2026-03-06T00:00:00Z',
    })
    expect(body.rows.map(({ values }: { values: unknown[] }) => values[0])).toEqual([2, 4, 5, null, null, null])
  })

  test('a service gives its names, and code is said not to be computed', async () => {
    const keys = [{ user_id: 1 }]
    const at = '2026-03-01T12:00:00Z'
    const { body: service } = await ask('moments', { service: 'both', keys, at })
    expect(service.features.map(({ name }: { name: string }) => name)).toEqual(['u_hours', 'day', 'events'])
    expect([service.rows[0].values, service.not_computed]).toEqual([[2, 3, 1], []])
    const { body: view } = await ask('moments', { features: ['usage'], keys, at })
    expect([view.rows[0].values, view.not_computed]).toEqual([[2, 120, null], ['busy']])
  })

  test('what is asked wrongly is told', async () => {
    const at = '2026-03-01T12:00:00Z'
    const keys = [{ user_id: 1 }]
    const code = async (body: object) => {
      const { status, body: problem } = await ask('moments', { features: ['usage'], keys, at, ...body })
      return [status, problem.code]
    }
    expect(await code({ features: ['nothing'] })).toEqual([404, 'feature_view_not_found'])
    expect(await code({ features: ['usage:nothing'] })).toEqual([404, 'feature_not_found'])
    expect(await code({ features: undefined, service: 'nothing' })).toEqual([404, 'feature_service_not_found'])
    expect(await code({ features: ['usage', 'devices'] })).toEqual([422, 'feature_name_clash'])
    expect(await code({ keys: [{ user: 1 }] })).toEqual([422, 'feature_key_missing'])
    expect(await code({ keys: [{ user_id: 'one' }] })).toEqual([422, 'feature_key_type'])
    expect(await code({ at: 'yesterday' })).toEqual([400, 'invalid_request'])
    expect(await code({ keys: Array.from({ length: 101 }, () => ({ user_id: 1 })) })).toEqual([400, 'invalid_request'])
    await prepare('bare', undefined)
    const { status, body } = await ask('bare', { features: ['usage'], keys, at })
    expect([status, body.code]).toEqual([422, 'feature_source_missing'])
  })
})
