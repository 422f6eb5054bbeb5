import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  FeatureDeclarations,
  type HistoricalRequestInput,
  isFabriqueError,
  type Job,
  type Json,
  ProjectDefinition,
} from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { getSnapshot, ingest, previewSnapshot } from '../../datasets/index.js'
import { getJob, type JobWorker, startJobWorker } from '../../jobs/index.js'
import { getLineage } from '../../lineage/index.js'
import { applyProject } from '../../projects/index.js'
import { applyFeatures, type FeatureCode, historicalJob, historicalJobKind, startHistorical } from '../index.js'

let suite: TestContext
let worker: JobWorker
const code = new Map<string, FeatureCode>()
beforeAll(async () => {
  suite = await openTestContext()
  worker = await startJobWorker({
    ctx: suite.ctx,
    url: suite.database.url,
    events: {
      listen: () => () => {},
      subscribe: () => () => {},
      recentPosition: () => undefined,
      close: () => Promise.resolve(),
    },
    handlers: { [historicalJobKind]: historicalJob({ code: (_project, _view, feature) => code.get(feature) }) },
    pollMs: 20,
  })
})
afterAll(async () => {
  await worker?.close()
  await suite?.close()
})

const usage = `user_id,at,known,hours,sessions
a,2024-01-01,2024-01-02,10,2
a,2024-02-01,2024-02-10,20,0
a,2024-02-01,2024-02-12,21,3
b,2024-01-15,2024-01-16,5,5
c,2024-03-31T00:30:00+00:00,2024-04-01,7,
`
const labels = `row,user_id,when,churned
1,b,2024-01-20,false
2,a,2024-02-11,true
3,a,2024-01-01,false
4,nobody,2024-02-01,false
5,,2024-02-01,false
6,b,2024-01-01,false
7,a,2024-03-20,true
8,c,2024-03-31T02:30:00+02:00,true
9,c,2024-03-31T01:59:59+02:00,true
`

const column = (type: string, nullable = false) => ({ type, nullable })
const datasets = [
  {
    name: 'usage',
    source: { kind: 'csv', paths: ['usage.csv'] },
    columns: {
      user_id: column('text'),
      at: column('timestamp'),
      known: column('timestamp'),
      hours: column('number'),
      sessions: column('integer', true),
    },
    time: 'at',
  },
  { name: 'labels', source: { kind: 'csv', paths: ['labels.csv'] }, time: 'when' },
]
const declarations = {
  entities: [{ name: 'user', keys: [{ name: 'user_id' }] }],
  feature_views: [
    {
      name: 'usage_30d',
      entities: ['user'],
      source: { kind: 'sql', sql: 'select *, hours / 2 as half from usage', datasets: ['usage'] },
      time: 'at',
      created: 'known',
      ttl_seconds: 45 * 86_400,
      features: [{ name: 'hours' }, { name: 'sessions' }, { name: 'half' }],
      derived: [
        { name: 'per_session', type: 'number', inputs: ['hours', 'sessions'], sql: 'hours / nullif(sessions, 0)' },
        { name: 'label', type: 'text', inputs: ['hours', 'sessions'], code: 'v1' },
      ],
    },
    {
      name: 'usage_90d',
      entities: ['user'],
      source: { kind: 'dataset', dataset: 'usage' },
      time: 'at',
      ttl_seconds: 45 * 86_400,
      aggregations: [{ name: 'hours_31d', column: 'hours', function: 'sum', window_seconds: 31 * 86_400 }],
    },
  ],
  feature_services: [
    {
      name: 'churn',
      views: [{ view: 'usage_30d', features: ['label', 'hours', 'per_session'] }, { view: 'usage_90d' }],
    },
  ],
}

/** Each test has a project of its own. */
async function openProject(project: string, isDeclared = true): Promise<void> {
  const folder = join(suite.folder, project)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'usage.csv'), usage)
  await writeFile(join(folder, 'labels.csv'), labels)
  const known = isDeclared ? datasets : datasets.map((dataset) => ({ ...dataset, columns: {} }))
  const definition = ProjectDefinition.parse({ name: project, datasets: known, models: [] })
  await applyProject({ ctx: suite.ctx, input: { folder, definition } })
  for (const dataset of ['usage', 'labels']) await ingest({ ctx: suite.ctx, input: { project, dataset } })
  await applyFeatures({
    ctx: suite.ctx,
    input: { project, declarations: FeatureDeclarations.parse(declarations) },
  })
}

function labelOf(run: FeatureCode['run'] = ({ hours, sessions }) => `${hours}h ${sessions}s`): void {
  code.set('label', { digest: 'v1', run })
}

const start = (project: string, request: Partial<HistoricalRequestInput>) =>
  startHistorical({ ctx: suite.ctx, input: { project, request: { into: 'set', ...request } } })

async function ended(job: Job): Promise<Job> {
  const find = () => getJob({ ctx: suite.ctx, input: { job: job.id } })
  await expect.poll(async () => ['succeeded', 'failed'].includes((await find()).state)).toBe(true)
  return find()
}

const Made = z.object({
  snapshot_id: z.string(),
  rows: z.number(),
  is_new: z.boolean(),
  views: z.array(z.object({ view: z.string(), matched: z.number(), unmatched: z.record(z.string(), z.number()) })),
})

async function make(project: string, request: Partial<HistoricalRequestInput>): Promise<z.infer<typeof Made>> {
  const job = await ended(await start(project, request))
  expect(job.error).toBeUndefined()
  return Made.parse(job.result)
}

async function rowsOf(snapshot: string): Promise<{ names: string[]; rows: Json[][] }> {
  const { columns, rows } = await previewSnapshot({ ctx: suite.ctx, input: { snapshot, limit: 500 } })
  return { names: columns.map(({ name }) => name), rows: rows as Json[][] }
}

async function errorOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isFabriqueError(error)) throw error ?? new Error('nothing was refused')
  return error.code
}

async function failureOf(project: string, request: Partial<HistoricalRequestInput>): Promise<string | undefined> {
  const job = await ended(await start(project, request))
  expect(job.state).toBe('failed')
  return job.error?.code
}

test('each row gets the features as they were at its time, in its order, and the snapshot tells where they came from', async () => {
  labelOf()
  await openProject('whole')
  const made = await make('whole', { service: 'churn', entities: { snapshot: 'labels@latest' }, ages: true })
  const { names, rows } = await rowsOf(made.snapshot_id)
  expect(names).toEqual([
    'row',
    'user_id',
    'when',
    'churned',
    'label',
    'hours',
    'per_session',
    'usage_30d__age',
    'hours_31d',
    'usage_90d__age',
  ])
  const day = 86_400
  expect(rows.map((row) => [row[0], ...row.slice(4)])).toEqual([
    ['1', '5h 5s', 5, 1, 5 * day, 5, 5 * day],
    // Of two rows of one time the one that was created last, though it was not known yet.
    ['2', '21h 3s', 21, 7, 10 * day, 41, 10 * day],
    ['3', '10h 2s', 10, 5, 0, 10, 0],
    ['4', null, null, null, null, null, null],
    ['5', null, null, null, null, null, null],
    ['6', null, null, null, null, null, null],
    // Older than the time-to-live in both views: the event is 48 days old.
    ['7', null, null, null, null, null, null],
    // 02:30 in summer time is 00:30 in UTC, the very moment of the event.
    ['8', '7h nulls', 7, null, 0, 7, 0],
    ['9', null, null, null, null, null, null],
  ])
  expect(made).toMatchObject({ rows: 9, is_new: true })
  expect(made.views[0]).toMatchObject({
    view: 'usage_30d',
    matched: 4,
    unmatched: { null_key: 1, no_row: 1, future: 2, expired: 1 },
  })
  const snapshot = await getSnapshot({ ctx: suite.ctx, input: { snapshot: made.snapshot_id } })
  expect(snapshot).toMatchObject({ dataset: 'set', row_count: 9, source: { kind: 'features', location: 'churn@1' } })
  const { nodes, links } = await getLineage({
    ctx: suite.ctx,
    input: { kind: 'snapshot', id: made.snapshot_id, direction: 'up', depth: 10 },
  })
  const found = nodes.map(({ kind, id }) => (kind === 'feature_view' ? `${kind} ${id}` : kind))
  expect(new Set(found)).toEqual(
    new Set([
      'snapshot',
      'training_set',
      'feature_view whole/usage_30d/1',
      'feature_view whole/usage_90d/1',
      'ingest',
      'source',
    ]),
  )
  // What it was made from stands beside it, whatever else the views have read.
  const intoSet = links.filter(({ to }) => to.kind === 'training_set')
  expect(new Set(intoSet.map(({ from, relation }) => `${relation} ${from.kind}`))).toEqual(
    new Set(['joined feature_view', 'read snapshot']),
  )
  expect(intoSet).toHaveLength(4)
  expect(await make('whole', { service: 'churn@1', entities: { snapshot: 'labels' }, ages: true })).toMatchObject({
    snapshot_id: made.snapshot_id,
    is_new: false,
  })
})

test('as known then counts only what was created', async () => {
  labelOf()
  await openProject('known')
  const made = await make('known', {
    features: ['usage_30d:hours'],
    entities: { snapshot: 'labels@latest', columns: ['row'] },
    as_known: true,
    full_names: true,
  })
  const { names, rows } = await rowsOf(made.snapshot_id)
  expect(names).toEqual(['row', 'usage_30d__hours'])
  expect(rows.slice(0, 3)).toEqual([
    ['1', 5],
    ['2', 20],
    ['3', null],
  ])
  const both = { entities: { snapshot: 'labels@latest' }, as_known: true }
  expect(await errorOf(start('known', { service: 'churn', ...both }))).toBe('feature_as_known_refused')
})

test('without entity rows each moment of the first view within the range is one', async () => {
  labelOf()
  await openProject('range')
  const made = await make('range', {
    features: ['usage_30d:hours', 'usage_90d'],
    start: '2024-01-15T00:00:00Z',
    end: '2024-02-01T00:00:00Z',
  })
  expect(await rowsOf(made.snapshot_id)).toEqual({
    names: ['user_id', 'at', 'hours', 'hours_31d'],
    rows: [
      ['b', '2024-01-15 00:00:00', 5, 5],
      ['a', '2024-02-01 00:00:00', 21, 51],
    ],
  })
  const empty = { features: ['usage_30d:hours'], start: '2020-01-01T00:00:00Z', end: '2020-02-01T00:00:00Z' }
  expect(await failureOf('range', empty)).toBe('feature_rows_missing')
})

test('what is wrong is told before a job is there', async () => {
  labelOf()
  await openProject('wrong')
  const entities = { snapshot: 'labels@latest' }
  const refused = (request: Partial<HistoricalRequestInput>) => errorOf(start('wrong', request))
  expect(await refused({ service: 'no', entities })).toBe('feature_service_not_found')
  expect(await refused({ features: ['no'], entities })).toBe('feature_view_not_found')
  expect(await refused({ features: ['usage_30d:no'], entities })).toBe('feature_not_found')
  expect(await refused({ service: 'churn', entities: { snapshot: 'no@latest' } })).toBe('snapshot_ref_not_found')
  expect(await refused({ service: 'churn', entities: { ...entities, time: 'no' } })).toBe('feature_column_unknown')
  expect(await refused({ service: 'churn', entities: { ...entities, columns: ['no'] } })).toBe('feature_column_unknown')
  expect(await refused({ service: 'churn', entities, into: 'usage' })).toBe('dataset_declared')
  expect(await refused({ service: 'churn' })).toBe('invalid_request')
  expect(await refused({ service: 'churn', entities, start: '2024-01-01T00:00:00Z' })).toBe('invalid_request')
})

test('code that fails, gives another type or is not there leaves no snapshot', async () => {
  await openProject('coded')
  const request = { features: ['usage_30d:label'], entities: { snapshot: 'labels@latest' } }
  labelOf(() => {
    throw new Error('no')
  })
  expect(await failureOf('coded', request)).toBe('feature_derived_failed')
  labelOf(() => 3)
  expect(await failureOf('coded', request)).toBe('feature_derived_failed')
  code.set('label', { digest: 'v0', run: () => 'old' })
  expect(await failureOf('coded', request)).toBe('feature_code_missing')
  expect(await errorOf(start('coded', { ...request, entities: { snapshot: 'set@latest' } }))).toBe(
    'snapshot_ref_not_found',
  )
})

test('after a change of a view an older version of its service gives what it gave', async () => {
  labelOf()
  await openProject('older')
  const request = { entities: { snapshot: 'labels@latest', columns: ['row'] } }
  const before = await make('older', { service: 'churn', ...request })
  const [first, ...others] = declarations.feature_views
  const changed = { ...first, ttl_seconds: 86_400, derived: first?.derived?.filter(({ name }) => name !== 'label') }
  const services = [{ name: 'churn', views: [{ view: 'usage_30d', features: ['hours'] }] }]
  await applyFeatures({
    ctx: suite.ctx,
    input: {
      project: 'older',
      declarations: FeatureDeclarations.parse({
        ...declarations,
        feature_views: [changed, ...others],
        feature_services: services,
      }),
    },
  })
  expect(await make('older', { service: 'churn@1', ...request })).toMatchObject({
    snapshot_id: before.snapshot_id,
    is_new: false,
  })
  const now = await make('older', { service: 'churn', ...request })
  const { names, rows } = await rowsOf(now.snapshot_id)
  expect(names).toEqual(['row', 'hours'])
  expect(rows.map(([, hours]) => hours)).toEqual([null, null, 10, null, null, null, null, 7, null])
  // Even where nothing of it is declared any more.
  await applyFeatures({ ctx: suite.ctx, input: { project: 'older', declarations: FeatureDeclarations.parse({}) } })
  expect(await make('older', { service: 'churn@1', ...request })).toMatchObject({ snapshot_id: before.snapshot_id })
  expect(await errorOf(start('older', { service: 'churn', ...request }))).toBe('feature_service_not_found')
})

test('an event of the future is seen by nobody before it, and a row twice counts once', async () => {
  labelOf()
  await openProject('future')
  const folder = join(suite.folder, 'future')
  const twice = 'd,2024-01-05,2024-01-06,4,1\nd,2024-01-05,2024-01-06,4,1\n'
  await writeFile(join(folder, 'usage.csv'), `${usage}${twice}d,2124-01-01,2124-01-01,99,9\n`)
  await writeFile(join(folder, 'labels.csv'), 'row,user_id,when\n1,d,2024-01-06\n2,d,2123-12-31\n3,d,2124-01-02\n')
  suite.clock.advance(1000)
  for (const dataset of ['usage', 'labels']) await ingest({ ctx: suite.ctx, input: { project: 'future', dataset } })
  const made = await make('future', {
    features: ['usage_30d:hours', 'usage_90d'],
    entities: { snapshot: 'labels@latest', columns: ['row'] },
  })
  expect((await rowsOf(made.snapshot_id)).rows).toEqual([
    // An aggregation counts each row, since nothing says that two are one.
    ['1', 4, 8],
    ['2', null, null],
    ['3', 99, 99],
  ])
})

test('keys of two types that no value brings together, and a time that is none, are told by the job', async () => {
  labelOf()
  await openProject('types')
  const folder = join(suite.folder, 'types')
  const relabel = async (text: string) => {
    await writeFile(join(folder, 'labels.csv'), text)
    suite.clock.advance(1000)
    await ingest({ ctx: suite.ctx, input: { project: 'types', dataset: 'labels' } })
  }
  const request = { features: ['usage_30d:hours'], entities: { snapshot: 'labels@latest' } }
  await relabel('row,user_id,when\n1,true,2024-01-20\n2,false,2024-01-20\n')
  expect(await failureOf('types', request)).toBe('feature_key_type')
  await relabel('row,user_id,when\n1,a,soon\n2,b,2024-01-20\n')
  expect(await failureOf('types', request)).toBe('feature_time_type')
  await relabel('row,user,when\n1,a,2024-01-20\n')
  expect(await errorOf(start('types', request))).toBe('feature_column_unknown')
})

test('a source that lost a column says so', async () => {
  labelOf()
  await openProject('lost', false)
  await writeFile(join(suite.folder, 'lost', 'usage.csv'), 'user_id,at,known,hours\na,2024-01-01,2024-01-02,10\n')
  suite.clock.advance(1000)
  await ingest({ ctx: suite.ctx, input: { project: 'lost', dataset: 'usage' } })
  const request = { features: ['usage_30d:sessions'], entities: { snapshot: 'labels@latest' } }
  expect(await failureOf('lost', request)).toBe('feature_source_changed')
})
