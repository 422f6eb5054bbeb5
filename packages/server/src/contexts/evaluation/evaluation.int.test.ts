import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Method, openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { createExperiment } from '../tracking/index.js'
import { mountMlflowEvaluation } from './index.js'

let suite: TestApp
let experiment: string

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    mountMlflowEvaluation(app, { contextOf: () => ctx })
  })
  const { ctx } = suite
  experiment = (await createExperiment({ ctx, input: { name: 'judged' } })).experiment_id
})
afterAll(() => suite?.close())

const at = (path: string) => `/api/3.0/mlflow/datasets/${path}`
const call = (method: Method, path: string, body?: object) => suite.send(method, at(path), body)
const ok = (method: Method, path: string, body?: object) => suite.ok(method, at(path), body)

const create = async (name: string, more: object = {}) => (await ok('POST', 'create', { name, ...more })).dataset
const upsert = (id: string, records: unknown) => ok('POST', `${id}/records`, { records: JSON.stringify(records) })

async function recordsOf(id: string) {
  return JSON.parse((await ok('GET', `${id}/records`)).records)
}

test('a data set is made, read and deleted', async () => {
  const tags = JSON.stringify({ a: 'b', 'mlflow.user': 'bob', n: 5, gone: null })
  const made = await create('one', { tags, experiment_ids: [experiment] })
  expect(made).toEqual({
    dataset_id: expect.stringMatching(/^d-[0-9a-f]{32}$/),
    name: 'one',
    tags: '{"a":"b","n":"5","mlflow.user":"bob"}',
    digest: expect.stringMatching(/^[0-9a-f]{8}$/),
    created_time: suite.clock.now().getTime(),
    last_update_time: suite.clock.now().getTime(),
    created_by: 'bob',
    last_updated_by: 'bob',
    experiment_ids: [experiment],
  })
  expect((await ok('GET', made.dataset_id)).dataset).toEqual(made)
  expect(await ok('DELETE', made.dataset_id)).toEqual({})
  expect(await ok('DELETE', made.dataset_id)).toEqual({})
  expect(await call('GET', made.dataset_id)).toMatchObject({
    status: 404,
    body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: expect.stringContaining('Evaluation dataset with id') },
  })
})

test('records with the same inputs are one record', async () => {
  const { dataset_id: id, digest } = await create('records')
  const first = { inputs: { q: 1, t: 'é\0' }, expectations: { a: 1 }, tags: { x: '1' } }
  suite.clock.advance(5)
  expect(await upsert(id, [first, { inputs: { q: 2 }, outputs: 'text' }])).toEqual({
    inserted_count: 2,
    updated_count: 0,
  })
  suite.clock.advance(5)
  const again = [
    { inputs: { t: 'é\0', q: 1 }, expectations: { b: 2 }, outputs: { o: [1] }, tags: { 'mlflow.user': 'eve' } },
    { inputs: { q: 2 }, outputs: null },
    { inputs: { q: 3 } },
    { inputs: { q: 3 }, expectations: { c: 1.5 } },
  ]
  expect(await upsert(id, again)).toEqual({ inserted_count: 1, updated_count: 3 })
  const records = await recordsOf(id)
  const byInput = Object.fromEntries(records.map((one: { inputs: { q: number } }) => [one.inputs.q, one]))
  expect(byInput[1]).toMatchObject({
    inputs: { q: 1, t: 'é\0' },
    expectations: { a: 1, b: 2 },
    outputs: { o: [1] },
    tags: { x: '1', 'mlflow.user': 'eve' },
    last_updated_by: 'eve',
    dataset_id: id,
  })
  expect(byInput[1].last_update_time - byInput[1].created_time).toBe(5)
  expect(byInput[2]).not.toHaveProperty('outputs')
  expect(byInput[2].tags).toEqual({})
  expect(byInput[3].expectations).toEqual({ c: 1.5 })
  const { dataset } = await ok('GET', id)
  expect(JSON.parse(dataset.profile)).toEqual({ num_records: 3 })
  expect(JSON.parse(dataset.schema)).toEqual({
    inputs: { q: 'integer', t: 'string' },
    outputs: 'string',
    expectations: { a: 'integer', b: 'integer', c: 'float' },
    version: '1.0',
  })
  expect(dataset.last_updated_by).toBe('eve')
  expect(dataset.digest).not.toBe(digest)

  const ids = [byInput[1].dataset_record_id, 'dr-none']
  expect(await ok('DELETE', `${id}/records`, { dataset_record_ids: ids })).toEqual({ deleted_count: 1 })
  expect(await ok('DELETE', `${id}/records`, { dataset_record_ids: ids })).toEqual({ deleted_count: 0 })
  expect(JSON.parse((await ok('GET', id)).dataset.profile)).toEqual({ num_records: 2 })
})

test('a record says where it came from', async () => {
  const { dataset_id: id } = await create('sources')
  const source = { source_type: 'trace', source_data: { trace_id: 'tr-1' } }
  await upsert(id, [{ inputs: { a: 1 }, source }])
  expect(await recordsOf(id)).toMatchObject([
    { source: { source_type: 'TRACE', source_data: { trace_id: 'tr-1' } }, source_id: 'tr-1', source_type: 'TRACE' },
  ])
})

test('records are read page by page, and many at once are written', async () => {
  const { dataset_id: id } = await create('pages')
  await upsert(
    id,
    Array.from({ length: 2500 }, (_, q) => ({ inputs: { q } })),
  )
  const seen = new Set<number>()
  let token = ''
  let pages = 0
  do {
    const page = await ok('GET', `${id}/records?max_results=900&page_token=${encodeURIComponent(token)}`)
    for (const { inputs } of JSON.parse(page.records)) seen.add(inputs.q)
    token = page.next_page_token ?? ''
    pages += 1
  } while (token !== '')
  expect([seen.size, pages]).toEqual([2500, 3])
  expect((await call('GET', `${id}/records?page_token=x`)).status).toBe(400)
})

test('writers at once lose nothing', async () => {
  const { dataset_id: id } = await create('at once')
  const writes = Array.from({ length: 10 }, (_, writer) =>
    upsert(id, [{ inputs: { q: 0 }, expectations: { [`w${writer}`]: 1 } }, { inputs: { q: writer + 1 } }]),
  )
  const counts = await Promise.all(writes)
  expect(counts.reduce((sum, { inserted_count }) => sum + inserted_count, 0)).toBe(11)
  const shared = (await recordsOf(id)).find(({ inputs }: { inputs: { q: number } }) => inputs.q === 0)
  expect(Object.keys(shared.expectations)).toHaveLength(10)
})

test('tags are added and removed', async () => {
  const { dataset_id: id } = await create('tags', { tags: '{"a":"1"}' })
  await ok('PATCH', `${id}/tags`, { tags: '{"b":"2","a":"3"}' })
  await ok('DELETE', `${id}/tags/b`)
  await ok('DELETE', `${id}/tags/b`)
  expect(JSON.parse((await ok('GET', id)).dataset.tags)).toEqual({ a: '3' })
  const { rows } = await sql<{ payload: { change: string } }>`
    select payload from events where subject = ${`evaluation-datasets/${id}`} order by id
  `.execute(suite.ctx.db)
  expect(rows.map(({ payload }) => payload.change)).toEqual(['created', 'tags b, a', 'tag b removed'])
  expect((await call('PATCH', 'd-none/tags', { tags: '{}' })).status).toBe(404)
})

test('a data set is shown in experiments', async () => {
  const { ctx } = suite
  const { experiment_id: other } = await createExperiment({ ctx, input: { name: 'other' } })
  const { dataset_id: id } = await create('shown', { experiment_ids: [other] })
  const ids = async () => (await ok('GET', `${id}/experiment-ids`)).experiment_ids
  const body = { experiment_ids: [experiment] }
  expect((await ok('POST', `${id}/add-experiments`, body)).dataset.experiment_ids).toEqual([experiment, other])
  await ok('POST', `${id}/add-experiments`, body)
  await ok('POST', `${id}/remove-experiments`, { experiment_ids: [other, '77'] })
  expect(await ids()).toEqual([experiment])
  await ok('POST', `${id}/remove-experiments`, body)
  expect(await ids()).toBeUndefined()
  expect(await call('POST', `${id}/add-experiments`, { experiment_ids: ['999'] })).toMatchObject({
    status: 404,
    body: { message: expect.stringContaining('No Experiment with id=999') },
  })
})

test('a search filters, orders and pages', async () => {
  const { ctx } = suite
  const { experiment_id: found } = await createExperiment({ ctx, input: { name: 'searched' } })
  for (const [name, tags] of [
    ['alpha', '{"t":"1"}'],
    ['beta', '{"t":"2"}'],
    ['gamma', '{}'],
  ] as const) {
    suite.clock.advance(10)
    await create(name, { tags, experiment_ids: [found] })
  }
  const names = async (more: object) => {
    const { datasets = [] } = await ok('POST', 'search', { experiment_ids: [found], ...more })
    return datasets.map(({ name }: { name: string }) => name)
  }
  expect(await names({})).toEqual(['gamma', 'beta', 'alpha'])
  expect(await names({ order_by: ['name DESC'] })).toEqual(['gamma', 'beta', 'alpha'])
  expect(await names({ order_by: ['created_time'] })).toEqual(['alpha', 'beta', 'gamma'])
  expect(await names({ filter_string: "name LIKE '%a' AND tags.t != '1'" })).toEqual(['beta'])
  expect(await names({ filter_string: "name IN ('alpha','x')" })).toEqual(['alpha'])
  expect(await names({ filter_string: 'created_time > 0' })).toHaveLength(3)
  const first = await ok('GET', `search?experiment_ids=${found}&max_results=2`)
  expect(first.datasets).toHaveLength(2)
  expect(await names({ max_results: 2, page_token: first.next_page_token })).toEqual(['alpha'])
  for (const wrong of [
    { filter_string: "x = 'y'" },
    { filter_string: 'name > 5' },
    { filter_string: "created_time = 'x'" },
    { order_by: ['tags.t'] },
    { page_token: 'x' },
    { max_results: -1 },
  ]) {
    expect((await call('POST', 'search', wrong)).status).toBe(400)
  }
})

test('wrong requests are refused', async () => {
  const { dataset_id: id } = await create('wrong')
  const nested = `[{"inputs":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}]`
  for (const records of ['', '{', '{}', '5', '[5]', '[{}]', '[{"inputs":5}]', '[{"inputs":{},"tags":[]}]', nested]) {
    expect((await call('POST', `${id}/records`, { records })).status).toBe(400)
  }
  const source = { source_type: 'GOD' }
  expect((await call('POST', `${id}/records`, { records: JSON.stringify([{ inputs: {}, source }]) })).status).toBe(400)
  expect((await call('POST', 'd-none/records', { records: '[]' })).status).toBe(404)
  expect((await call('GET', 'd-none/records')).status).toBe(404)
  expect((await call('DELETE', 'd-none/records', { dataset_record_ids: ['x'] })).status).toBe(404)
  for (const body of [
    {},
    { name: '' },
    { name: 'x', tags: '[]' },
    { name: 'x', tags: '{' },
    { name: 'y'.repeat(501) },
  ]) {
    expect((await call('POST', 'create', body)).status).toBe(400)
  }
  expect((await call('POST', 'create', { name: 'x', experiment_ids: ['x'] })).status).toBe(404)
  expect((await ok('GET', id)).dataset.profile).toBeUndefined()
})

test('NaN, as Python writes it, becomes a text', async () => {
  const { dataset_id: id } = await create('nan')
  await ok('POST', `${id}/records`, { records: '[{"inputs":{"a":NaN,"b":"NaN"}}]' })
  expect(await recordsOf(id)).toMatchObject([{ inputs: { a: 'NaN', b: 'NaN' } }])
})
