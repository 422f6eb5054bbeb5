import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { inTransaction } from '../../../platform/index.js'
import { createRun, ensureExperiment } from '../index.js'
import {
  createLoggedModel,
  deleteLoggedModel,
  deleteLoggedModelTag,
  eraseLoggedModels,
  finalizeLoggedModel,
  getLoggedModel,
  loggedModelsOfRuns,
  logLoggedModelParams,
  logOutputs,
  restoreLoggedModel,
  searchLoggedModels,
  setLoggedModelTags,
  writeModelMetrics,
} from './index.js'

let suite: TestContext
let experiment_id: string
let run_id: string
beforeAll(async () => {
  suite = await openTestContext()
  const { ctx } = suite
  experiment_id = (await ensureExperiment({ ctx, input: { name: 'models' } })).experiment_id
  run_id = (await createRun({ ctx, input: { experiment_id } })).info.run_id
})
afterAll(() => suite?.close())

const code = (name: string) => expect.objectContaining({ code: name })
const create = (input: Partial<Parameters<typeof createLoggedModel>[0]['input']> = {}) =>
  createLoggedModel({ ctx: suite.ctx, input: { experiment_id, ...input } })
const get = (model_id: string) => getLoggedModel({ ctx: suite.ctx, input: { model_id } })
const point = (model_id: string, value: number, more = {}) => ({
  model_id,
  key: 'acc',
  value,
  timestamp: 1,
  step: 0,
  ...more,
})
const write = (...points: ReturnType<typeof point>[]) => writeModelMetrics(suite.ctx, { run_id, experiment_id }, points)

describe('a logged model', () => {
  test('is pending until it is finalized', async () => {
    const made = await create({
      name: 'forest',
      model_type: 'sklearn',
      source_run_id: run_id,
      params: [{ key: 'depth', value: '3' }],
      tags: [{ key: 'team', value: 'core' }],
    })
    expect(made).toMatchObject({
      experiment_id,
      name: 'forest',
      status: 'PENDING',
      lifecycle_stage: 'active',
      artifact_uri: `mlflow-artifacts:/${experiment_id}/models/${made.model_id}/artifacts`,
      params: [{ key: 'depth', value: '3' }],
      tags: [{ key: 'team', value: 'core' }],
      metrics: [],
    })
    expect(made.model_id).toMatch(/^m-[0-9a-f]{32}$/)
    suite.clock.advance(5)
    const input = { model_id: made.model_id, status: 'READY' } as const
    const ready = await finalizeLoggedModel({ ctx: suite.ctx, input })
    expect(ready).toMatchObject({ status: 'READY', updated_ms: made.updated_ms + 5 })
    expect(await finalizeLoggedModel({ ctx: suite.ctx, input })).toEqual(ready)
    const { rows } = await sql<{ change: string }>`
      select payload ->> 'change' as change from events where kind = 'logged_model.changed' order by id
    `.execute(suite.ctx.db)
    expect(rows.map(({ change }) => change)).toEqual(['created', 'status READY'])
  })

  test('gets a name, and keeps the first value of a parameter', async () => {
    const { model_id, name } = await create({ name: '' })
    expect(name).toMatch(/^[a-z]+-[a-z]+-\d+$/)
    const log = (value: string) =>
      logLoggedModelParams({ ctx: suite.ctx, input: { model_id, params: [{ key: 'k', value }] } })
    await log('1')
    await log('1')
    await expect(log('2')).rejects.toThrowError(code('logged_model_param_immutable'))
    expect((await get(model_id)).params).toEqual([{ key: 'k', value: '1' }])
  })

  test.each(['a/b', 'a:b', 'a.b', 'a%b', 'a"b', "a'b"])('is not called %s', async (name) => {
    await expect(create({ name })).rejects.toThrowError(code('logged_model_name_invalid'))
  })

  test('needs an experiment, and entries that are bounded', async () => {
    await expect(create({ experiment_id: '999' })).rejects.toThrowError(code('experiment_not_found'))
    await expect(create({ experiment_id: 'x' })).rejects.toThrowError(code('mlflow_invalid_value'))
    const many = Array.from({ length: 1001 }, (_, index) => ({ key: `k${index}`, value: '' }))
    await expect(create({ params: many })).rejects.toThrowError(code('mlflow_batch_too_large'))
    await expect(create({ tags: [{ key: 'k'.repeat(251), value: '' }] })).rejects.toThrowError(
      code('mlflow_value_too_long'),
    )
    const twice = [
      { key: 'k', value: '1' },
      { key: 'k', value: '2' },
    ]
    await expect(create({ params: twice })).rejects.toThrowError(code('mlflow_invalid_value'))
    expect((await create({ tags: twice })).tags).toEqual([{ key: 'k', value: '2' }])
  })

  test('has tags that change and go', async () => {
    const { model_id } = await create()
    const set = (value: string) =>
      setLoggedModelTags({ ctx: suite.ctx, input: { model_id, tags: [{ key: 'a/b', value }] } })
    await set('1')
    expect((await set('2')).tags).toEqual([{ key: 'a/b', value: '2' }])
    const remove = () => deleteLoggedModelTag({ ctx: suite.ctx, input: { model_id, key: 'a/b' } })
    await remove()
    await expect(remove()).rejects.toThrowError(code('logged_model_tag_not_found'))
  })

  test('is deleted softly, restored, and erased for good', async () => {
    const { model_id, artifact_uri } = await create()
    await write(point(model_id, 1))
    for (let round = 0; round < 2; round += 1) await deleteLoggedModel({ ctx: suite.ctx, input: { model_id } })
    await expect(get(model_id)).rejects.toThrowError(code('logged_model_not_found'))
    const kept = await getLoggedModel({ ctx: suite.ctx, input: { model_id, allow_deleted: true } })
    expect(kept.lifecycle_stage).toBe('deleted')
    await restoreLoggedModel({ ctx: suite.ctx, input: { model_id } })
    expect((await get(model_id)).metrics).toHaveLength(1)
    await logOutputs({ ctx: suite.ctx, input: { run_id, models: [{ model_id }] } })
    const erase = () => inTransaction(suite.ctx, (ctx) => eraseLoggedModels(ctx, [model_id, 'm-none']))
    expect(await erase()).toEqual([])
    await deleteLoggedModel({ ctx: suite.ctx, input: { model_id } })
    const erased = await erase()
    expect(erased).toEqual([{ model_id, artifact_uri }])
    const { rows } = await sql`select from logged_model_metrics where model_id = ${model_id}`.execute(suite.ctx.db)
    expect(rows).toEqual([])
    await expect(get('m-none')).rejects.toThrowError(/m-none/)
  })
})

describe('points', () => {
  test('are kept once, with NaN and infinities', async () => {
    const { model_id } = await create()
    const points = [
      point(model_id, Number.NaN),
      point(model_id, Number.POSITIVE_INFINITY, { step: 1 }),
      point(model_id, 0.5, { dataset_name: 'test', dataset_digest: 'd1' }),
      point(model_id, 0.5, { dataset_name: 'train' }),
    ]
    await write(...points, points[0] ?? point(model_id, 0))
    await write(...points)
    const { metrics } = await get(model_id)
    expect(metrics).toHaveLength(4)
    expect(metrics).toContainEqual({
      key: 'acc',
      value: 0.5,
      timestamp: 1,
      step: 0,
      model_id,
      run_id,
      dataset_name: 'test',
      dataset_digest: 'd1',
    })
    expect(metrics.map(({ value }) => value)).toContain('NaN')
    expect(metrics.map(({ value }) => value)).toContain(Number.MAX_VALUE)
  })

  test('of a model that is not there are refused with all others', async () => {
    const { model_id } = await create()
    await expect(write(point(model_id, 1), point('m-none', 1))).rejects.toThrowError(code('logged_model_not_found'))
    expect((await get(model_id)).metrics).toEqual([])
  })

  test('of a long history are shown newest first of each metric', async () => {
    const { model_id } = await create()
    const steps = Array.from({ length: 1500 }, (_, step) => point(model_id, step, { step, timestamp: step }))
    await write(...steps, point(model_id, 7, { key: 'zzz', timestamp: 0 }))
    const { metrics } = await get(model_id)
    expect(metrics).toHaveLength(1000)
    expect(metrics.map(({ key }) => key)).toContain('zzz')
    expect(Math.max(...metrics.map(({ step }) => step))).toBe(1499)
  })

  test('of names as long as they may be fit into the index', async () => {
    const { model_id } = await create()
    const long = { key: '\u{1f600}'.repeat(250), dataset_name: '\u{1f600}'.repeat(500), dataset_digest: 'd'.repeat(36) }
    await write(point(model_id, 1, long))
    expect((await get(model_id)).metrics).toHaveLength(1)
  })

  test('of 20 writers at once to two models are all there', async () => {
    const [a, b] = [(await create()).model_id, (await create()).model_id]
    await Promise.all(
      Array.from({ length: 20 }, (_, step) => {
        const pair = [point(a, step, { step }), point(b, step, { step })]
        return write(...(step % 2 === 0 ? pair : pair.reverse()))
      }),
    )
    expect((await get(a)).metrics).toHaveLength(20)
    expect((await get(b)).metrics).toHaveLength(20)
  })
})

describe('outputs of a run', () => {
  test('are kept in order and once', async () => {
    const run = (await createRun({ ctx: suite.ctx, input: { experiment_id } })).info.run_id
    const [one, two] = [await create({ name: 'one' }), await create({ name: 'two' })]
    const models = [
      { model_id: two.model_id, step: 3 },
      { model_id: one.model_id, step: 1 },
    ]
    for (let round = 0; round < 2; round += 1) await logOutputs({ ctx: suite.ctx, input: { run_id: run, models } })
    const made = async () => (await loggedModelsOfRuns(suite.ctx, [run, run_id])).get(run)
    expect(await made()).toEqual([
      { id: two.model_id, name: 'two' },
      { id: one.model_id, name: 'one' },
    ])
    await deleteLoggedModel({ ctx: suite.ctx, input: { model_id: two.model_id } })
    expect(await made()).toEqual([{ id: one.model_id, name: 'one' }])
  })

  test('need a run and a model', async () => {
    const { model_id } = await create()
    const log = (run: string, model: string) =>
      logOutputs({ ctx: suite.ctx, input: { run_id: run, models: [{ model_id: model }] } })
    await expect(log('none', model_id)).rejects.toThrowError(code('run_not_found'))
    await expect(log(run_id, 'm-none')).rejects.toThrowError(code('logged_model_not_found'))
  })
})

describe('a search', () => {
  let ids: Record<string, string>
  let place: string
  const search = (input: Partial<Parameters<typeof searchLoggedModels>[0]['input']> = {}) =>
    searchLoggedModels({ ctx: suite.ctx, input: { experiment_ids: [place], ...input } })
  const names = async (input: Parameters<typeof search>[0] = {}) => (await search(input)).models.map(({ name }) => name)

  beforeAll(async () => {
    place = (await ensureExperiment({ ctx: suite.ctx, input: { name: 'search' } })).experiment_id
    ids = {}
    for (const name of ['a', 'b', 'c', 'd']) {
      suite.clock.advance(10)
      const made = await create({
        experiment_id: place,
        name,
        model_type: name === 'd' ? '' : 'sklearn',
        params: [{ key: 'depth', value: name }],
        tags: [{ key: 'my team', value: name.toUpperCase() }],
      })
      ids[name] = made.model_id
    }
    const of = (name: string, value: number, more = {}) => point(ids[name] ?? '', value, more)
    await write(
      of('a', 0.9, { dataset_name: 'test', dataset_digest: 'd1' }),
      of('a', 0.1, { dataset_name: 'train', timestamp: 2 }),
      of('b', 0.5, { dataset_name: 'test', dataset_digest: 'd2' }),
      of('c', Number.NaN, { dataset_name: 'train' }),
    )
    await finalizeLoggedModel({ ctx: suite.ctx, input: { model_id: ids.a ?? '', status: 'READY' } })
  })

  test.each([
    ['', 'dcba'],
    ["name = 'a'", 'a'],
    ["name != 'a'", 'dcb'],
    ["name IN ('a', 'b')", 'ba'],
    ["name not in ('a', 'b')", 'dc'],
    ["name ILIKE 'A%'", 'a'],
    ["attributes.model_type = 'sklearn' AND name LIKE '%'", 'cba'],
    ["status = 'READY'", 'a'],
    ["status = 'LOGGED_MODEL_PENDING'", 'dcb'],
    ["status IN ('LOGGED_MODEL_READY')", 'a'],
    ["params.depth = 'b'", 'b'],
    ["params.depth in ('b', 'c')", 'cb'],
    ["tags.`my team` = 'C'", 'c'],
    ['metrics.acc > 0.4', 'ba'],
    ['metrics.acc < 0.4', 'a'],
    ['metrics.acc = 0', ''],
    ["(name = 'a' or metrics.acc > 0.4) and not params.depth = 'b'", 'a'],
    ['creation_time > 0 and creation_timestamp_ms > 0', 'dcba'],
    ['last_updated_timestamp <= 0', ''],
  ])('for %s finds %s', async (filter, found) => {
    expect((await names({ filter })).join('')).toBe(found)
  })

  test.each([
    [[{ dataset_name: 'test' }], 'metrics.acc > 0.4', 'ba'],
    [[{ dataset_name: 'test', dataset_digest: 'd1' }], 'metrics.acc > 0.4', 'a'],
    [[{ dataset_name: 'train' }], 'metrics.acc > 0.4', ''],
    [[{ dataset_name: 'train' }], '', 'ca'],
    [[{ dataset_name: 'train' }, { dataset_name: 'test' }], '', 'cba'],
  ])('within data sets %j and %s finds %s', async (datasets, filter, found) => {
    expect((await names({ datasets, filter })).join('')).toBe(found)
  })

  test.each([
    [[{ field_name: 'name' }], 'abcd'],
    [[{ field_name: 'attributes.name', ascending: false }], 'dcba'],
    [[{ field_name: 'creation_time' }], 'abcd'],
    // Newest point by time; NaN after numbers, models without at the end.
    [[{ field_name: 'metrics.acc' }], 'abcd'],
    [[{ field_name: 'metrics.acc', ascending: false }], 'bacd'],
    [[{ field_name: 'metrics.acc', ascending: false, dataset_name: 'test' }], 'abdc'],
    [[{ field_name: 'metrics.acc', dataset_name: 'test', dataset_digest: 'd2' }], 'bdca'],
  ])('ordered by %j gives %s', async (order_by, found) => {
    expect((await names({ order_by })).join('')).toBe(found)
  })

  test.each([
    [{ filter: "owner = 'x'" }, 'filter_invalid'],
    [{ filter: "spans.x = 'x'" }, 'filter_invalid'],
    [{ filter: "metrics.acc = 'x'" }, 'filter_invalid'],
    [{ filter: 'max(metrics.acc) > 1' }, 'filter_invalid'],
    [{ filter: 'params.depth = 1' }, 'filter_invalid'],
    [{ order_by: [{ field_name: 'params.depth' }] }, 'mlflow_invalid_value'],
    [{ order_by: [{ field_name: 'owner' }] }, 'mlflow_invalid_value'],
    [{ max_results: 0 }, 'mlflow_invalid_value'],
    [{ max_results: 5001 }, 'mlflow_invalid_value'],
    [{ experiment_ids: ['x'] }, 'mlflow_invalid_value'],
    [{ experiment_ids: [] }, 'invalid_request'],
    [{ datasets: [{ dataset_name: '' }] }, 'invalid_request'],
    [{ page_token: 'x' }, 'mlflow_invalid_value'],
    [{ page_token: 'eyJvZmZzZXQiOi0xfQ==' }, 'mlflow_invalid_value'],
  ])('with %j is refused', async (input, expected) => {
    await expect(search(input)).rejects.toThrowError(code(expected))
  })

  test('goes from page to page, of the same search only', async () => {
    const order_by = [{ field_name: 'name' }]
    const first = await search({ max_results: 3, order_by })
    expect(first.models).toHaveLength(3)
    const page_token = first.next_page_token ?? ''
    const second = await search({ max_results: 3, order_by, page_token })
    expect(second.models.map(({ name }) => name)).toEqual(['d'])
    expect(second.next_page_token).toBeUndefined()
    const other = (input: Parameters<typeof search>[0]) =>
      expect(search({ max_results: 3, order_by, page_token, ...input })).rejects.toThrowError(
        code('mlflow_invalid_value'),
      )
    await other({ filter: "name = 'a'" })
    await other({ order_by: [] })
    await other({ experiment_ids: [place, experiment_id] })
  })

  test('leaves deleted models out', async () => {
    const { model_id } = await create({ experiment_id: place, name: 'gone' })
    await deleteLoggedModel({ ctx: suite.ctx, input: { model_id } })
    expect(await names()).not.toContain('gone')
  })
})
