import { text } from 'node:stream/consumers'
import type { SnapshotColumn, TrainingRequestInput } from '@fabrique/contract'
import { ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSnapshot } from '../../test/support/make-snapshot.js'
import { openTestApp, type TestApp } from '../../test/support/test-app.js'
import { openArtifact } from '../contexts/artifacts/index.js'
import { getJob, type JobWorker, startJobWorker } from '../contexts/jobs/index.js'
import { applyProject } from '../contexts/projects/index.js'
import { getModelVersion, getVersionByAlias, mountRegistryRoutes } from '../contexts/registry/index.js'
import { artifactFolderOf, getRun } from '../contexts/tracking/index.js'
import { mountTrainingRoutes } from '../contexts/training/index.js'
import { type EventStream, openEventStream } from '../platform/index.js'
import { jobHandlers } from './job-handlers.js'
import { trainingToolsOf } from './training-tools.js'

const project = 'bad'

interface Data {
  readonly columns: Readonly<Record<string, SnapshotColumn['type']>>
  /** A select of the data engine; `i` counts the rows. */
  readonly select: string
  readonly rows: number
  readonly declared?: boolean
}

const plain = { a: 'number', b: 'number', y: 'text' } as const
const ab = `sin(i) as a, cos(i * 1.7) as b`
const yesNo = `case when i % 2 = 0 then 'yes' else 'no' end as y`

const datasets = {
  good: { columns: plain, select: `${ab}, ${yesNo}`, rows: 60 },
  'target-missing': {
    columns: plain,
    select: `${ab}, case when i % 10 = 3 then null when i % 2 = 0 then 'yes' else 'no' end as y`,
    rows: 60,
  },
  'target-blank': { columns: plain, select: `${ab}, case when i = 4 then ' ' else 'x' || i % 2 end as y`, rows: 60 },
  'target-constant': { columns: { ...plain, y: 'number' }, select: `${ab}, 4.5::double as y`, rows: 60 },
  'target-infinite': {
    columns: { ...plain, y: 'number' },
    select: `${ab}, case when i = 7 then 'inf'::double else sin(i * 3) end as y`,
    rows: 60,
  },
  'one-class': { columns: plain, select: `${ab}, 'yes' as y`, rows: 60 },
  'class-of-one': { columns: plain, select: `${ab}, case when i = 9 then 'rare' else 'x' || i % 2 end as y`, rows: 60 },
  'few-rows': { columns: plain, select: `${ab}, ${yesNo}`, rows: 8 },
  'no-values': { columns: { b: 'number', y: 'text' }, select: `null::double as b, ${yesNo}`, rows: 60 },
  infinite: {
    columns: plain,
    select: `case when i = 7 then '-inf'::double else sin(i) end as a, cos(i) as b, ${yesNo}`,
    rows: 60,
  },
  'many-classes': { columns: { a: 'number', y: 'text' }, select: `sin(i) as a, 'c' || i % 10000 as y`, rows: 20_000 },
  'many-categories': {
    columns: { a: 'text', b: 'number', y: 'text' },
    select: `'c' || i % 10000 as a, sin(i) as b, ${yesNo}`,
    rows: 20_000,
  },
  'one-row': { columns: plain, select: `${ab}, ${yesNo}`, rows: 1 },
  'no-rows': { columns: plain, select: `${ab}, ${yesNo}`, rows: 0 },
  long: { columns: plain, select: `${ab}, ${yesNo}`, rows: 40_000 },
  blanks: {
    columns: { tenure: 'integer', charges: 'text', y: 'text' },
    select: `i % 72 as tenure, case when i % 40 = 9 then ' ' else (20.5 * (i % 72))::varchar end as charges,
      case when i % 72 < 20 then 'yes' else 'no' end as y`,
    rows: 400,
    declared: false,
  },
} as const satisfies Record<string, Data>

let suite: TestApp
let events: EventStream
let worker: JobWorker | undefined

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    mountTrainingRoutes(app, () => ctx)
    mountRegistryRoutes(app, () => ctx)
  })
  const { ctx, database, folder } = suite
  events = openEventStream({ db: ctx.db, url: database.url, applicationName: 'test bad trainings', log: ctx.log })
  const named = Object.keys(datasets).map((name) => ({ name, source: { kind: 'csv', paths: ['a.csv'] } }))
  const definition = ProjectDefinition.parse({ name: project, datasets: named, models: [] })
  await applyProject({ ctx, input: { folder, definition } })
  for (const [dataset, { columns, select, rows, ...more }] of Object.entries<Data>(datasets)) {
    const parts = [`select ${select} from range(${rows}) t(i)`]
    await makeSnapshot(ctx, { project, dataset, columns, parts, ...more })
  }
  worker = await startWorker()
})
afterAll(async () => {
  await worker?.close()
  await events?.close()
  await suite?.close()
})

function startWorker(more: { readonly memoryBytesMax?: number } = {}): Promise<JobWorker> {
  const trainingTools = { ...trainingToolsOf({ threads: 1, environment: () => ({}) }), ...more }
  const { ctx, database } = suite
  const handlers = jobHandlers({ ingestTools: {}, trainingTools })
  return startJobWorker({ ctx, url: database.url, events, handlers, pollMs: 50 })
}

/** What everyone asks for here: were it trained, there would be a model with a champion. */
const wanted = {
  target: 'y',
  estimator: { kind: 'gaussian_nb' },
  register: 'none',
  promote: 'always',
} as const satisfies Partial<TrainingRequestInput>

const ask = (request: object) => suite.send('POST', `/api/v1/projects/${project}/trainings`, { ...wanted, ...request })

async function over(started: Awaited<ReturnType<typeof ask>>) {
  const { status, body } = started
  expect({ status, body }).toMatchObject({ status: 200 })
  const find = () => getJob({ ctx: suite.ctx, input: { job: body.job.id } })
  await expect.poll(async () => (await find()).state).toMatch(/succeeded|failed/)
  const { info, data } = await getRun({ ctx: suite.ctx, input: { run_id: body.run_id } })
  const tags = Object.fromEntries(data.tags.map(({ key, value }) => [key, value]))
  return { job: await find(), info, tags }
}

async function expectNoModel() {
  expect((await suite.ok('GET', '/api/v1/models')).items).toEqual([])
}

const ridge = { estimator: { kind: 'ridge' } }
const forest = { estimator: { kind: 'random_forest_classifier' } }

describe('what only the rows tell is a failed run with its reason, and no model', () => {
  test.each<[string, keyof typeof datasets, object, string, string]>([
    ['missing target', 'target-missing', {}, 'invalid_target', 'missing in 6 of 60 rows, first in row 4'],
    ['blank target', 'target-blank', {}, 'invalid_target', 'missing in 1 of 60 rows, first in row 5'],
    ['constant target', 'target-constant', ridge, 'invalid_target', 'Every row of "y" is 4.5'],
    ['infinite target', 'target-infinite', ridge, 'invalid_target', 'is Infinity in row 8'],
    ['one class', 'one-class', {}, 'single_class', 'at least two classes'],
    ['a class of one row', 'class-of-one', {}, 'class_too_small', 'Class "rare" has one row'],
    ['fewer rows than folds', 'few-rows', { folds: 10 }, 'split_too_small', '6 rows: give 2 to 6 folds'],
    ['no value at all', 'no-values', {}, 'empty_set', 'No column is left'],
    ['an infinite value', 'infinite', forest, 'non_finite_value', 'Column "a" is -Infinity in row 8'],
    ['10,000 classes', 'many-classes', {}, 'split_too_small', 'a target with fewer classes'],
    [
      'text to learn as numbers',
      'good',
      { ...ridge, task: 'regression' },
      'invalid_target',
      'regression needs numbers',
    ],
    [
      'text where a step takes numbers',
      'many-categories',
      { columns: [{ columns: ['a'], steps: [{ kind: 'standard_scaler' }] }] },
      'wrong_column_kind',
      'Column "a" holds text',
    ],
    ['the target as a feature', 'good', { features: ['a', 'y'] }, 'invalid_pipeline', 'leave it out'],
    ['text as weights', 'good', { features: ['a'], weight: 'y' }, 'invalid_weight', 'weights are numbers'],
    ['one row', 'one-row', {}, 'split_too_small', 'There is one row'],
    ['no rows', 'no-rows', {}, 'empty_set', 'There are no rows'],
  ])('%s', async (_, snapshot, request, code, reason) => {
    const { job, info, tags } = await over(await ask({ ...request, snapshot }))
    expect(job).toMatchObject({ state: 'failed', error: { code: 'training_refused' } })
    expect(job.error?.message).toContain(`(${code})`)
    expect(job.error?.message).toContain(reason)
    expect(info).toMatchObject({ status: 'FAILED', end_time: expect.any(Number) })
    expect(tags).toMatchObject({ 'fabrique.error_code': 'training_refused', 'fabrique.error': job.error?.message })
    await expectNoModel()
  })
})

describe('what the request tells is refused at once', () => {
  test.each<[string, object, number, string]>([
    ['an unknown column', { target: 'z' }, 422, 'training_refused'],
    [
      'an unknown parameter',
      { estimator: { kind: 'gaussian_nb', params: { trees: 1 } } },
      422,
      'estimator_param_invalid',
    ],
    [
      'a value out of range',
      { estimator: { kind: 'gaussian_nb', params: { var_smoothing: -1 } } },
      422,
      'estimator_param_invalid',
    ],
    [
      'a word for a number',
      { estimator: { kind: 'ridge', params: { alpha: 'much' } } },
      422,
      'estimator_param_invalid',
    ],
    ['a step that is not known', { feature_steps: [{ kind: 'crystal_ball' }] }, 422, 'training_refused'],
    ['a share of everything', { split: { kind: 'random', test_share: 1 } }, 400, 'invalid_request'],
    ['a feature twice', { features: ['a', 'b', 'a'] }, 400, 'invalid_request'],
    ['one fold', { folds: 1 }, 400, 'invalid_request'],
    ['a metric of another task', { promote: 'if_better', promote_metric: 'r2' }, 400, 'invalid_request'],
  ])('%s', async (_, request, status, code) => {
    const reply = await ask({ snapshot: 'good', ...request })
    expect({ status: reply.status, code: reply.body.code }).toEqual({ status, code })
    await expectNoModel()
  })

  test('in the language of who asks', async () => {
    const send = (language: string) =>
      suite.app.inject({
        method: 'POST',
        url: `/api/v1/projects/${project}/trainings`,
        headers: { 'accept-language': language },
        payload: { snapshot: 'good', target: 'y', estimator: { kind: 'gaussian_nb', params: { var_smoothing: -1 } } },
      })
    expect((await send('fr')).json().detail).toContain('var_smoothing vaut -1\u202f: il faut un nombre d’au moins 0')
    expect((await send('en')).json().detail).toContain('var_smoothing is -1: it must be a number of at least 0')
  })
})

test('a training that needs more memory than it may take is a failed run, and no model', async () => {
  await worker?.close()
  worker = await startWorker({ memoryBytesMax: 32 * 1024 * 1024 })
  const { job, info, tags } = await over(await ask({ ...forest, snapshot: 'long' }))
  expect(job).toMatchObject({ state: 'failed', error: { code: 'training_memory_exceeded' } })
  expect(info.status).toBe('FAILED')
  expect(tags).toMatchObject({ 'fabrique.error_code': 'training_memory_exceeded' })
  await expectNoModel()
  await worker.close()
  worker = await startWorker()
})

describe('what can be trained is registered and promoted', () => {
  test('10,000 categories', async () => {
    const request = { ...forest, estimator: { kind: 'gaussian_nb' }, snapshot: 'many-categories', register: 'many' }
    expect(await over(await ask(request))).toMatchObject({ job: { state: 'succeeded' }, info: { status: 'FINISHED' } })
    const version = await getVersionByAlias({ ctx: suite.ctx, input: { model: 'many', alias: 'champion' } })
    expect(version.version).toBe(1)
  })

  test('texts that are numbers but for blanks, which the model takes as numbers', async () => {
    const { job, info } = await over(await ask({ snapshot: 'blanks', register: 'blanks' }))
    expect(job).toMatchObject({ state: 'succeeded' })
    const run = await getRun({ ctx: suite.ctx, input: { run_id: info.run_id } })
    const root = artifactFolderOf(run.info.artifact_uri)
    const { content } = await openArtifact({ ctx: suite.ctx, input: { path: `${root}/model/README.md` } })
    expect(await text(content)).toContain('`charges`: 10 blank values are missing ones')
    const version = await getVersionByAlias({ ctx: suite.ctx, input: { model: 'blanks', alias: 'champion' } })
    expect(version.version).toBe(1)
    const { signature } = await getModelVersion({ ctx: suite.ctx, input: { model: 'blanks', version: '1' } })
    expect(signature?.features[1]).toMatchObject({ name: 'charges', type: 'number', nullable: true })
  })
})
