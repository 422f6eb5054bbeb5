import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Method, openTestApp, type TestApp } from '../../../../test/support/test-app.js'
import { createRun, mountMlflowTracking } from '../index.js'

let suite: TestApp
const run = 'e'.repeat(32)

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    mountMlflowTracking(app, { contextOf: () => ctx })
  })
  const { ctx } = suite
  await createRun({ ctx, input: { run_id: run } })
})
afterAll(() => suite?.close())

const call = (method: Method, path: string, body?: object, root = '/api/2.0/mlflow') =>
  suite.send(method, `${root}/${path}`, body)
const create = async (more = {}) => {
  const { body } = await call('POST', 'logged-models', { experiment_id: '0', name: 'forest', ...more })
  return body.model.info.model_id as string
}

test('a model goes through its life on the wire', async () => {
  const now = suite.clock.now().getTime()
  const made = await call('POST', 'logged-models', {
    experiment_id: '0',
    name: 'forest',
    model_type: 'sklearn',
    source_run_id: run,
    params: [{ key: 'depth', value: '3' }],
    tags: [{ key: 'a/b', value: 'x' }],
  })
  const { model_id } = made.body.model.info
  expect(made).toEqual({
    status: 200,
    body: {
      model: {
        info: {
          model_id,
          experiment_id: '0',
          name: 'forest',
          creation_timestamp_ms: now,
          last_updated_timestamp_ms: now,
          artifact_uri: `mlflow-artifacts:/0/models/${model_id}/artifacts`,
          status: 'LOGGED_MODEL_PENDING',
          model_type: 'sklearn',
          source_run_id: run,
          tags: [{ key: 'a/b', value: 'x' }],
        },
        data: { params: [{ key: 'depth', value: '3' }] },
      },
    },
  })
  const path = `logged-models/${model_id}`
  expect(await call('POST', 'runs/outputs', { run_id: run, models: [{ model_id, step: '2' }] })).toEqual({
    status: 200,
    body: {},
  })
  const metric = { key: 'acc', value: 'NaN', timestamp: '1', step: 2, model_id, dataset_name: 'test' }
  expect((await call('POST', 'runs/log-batch', { run_id: run, metrics: [metric] })).body).toEqual({})
  expect((await call('GET', `runs/get?run_id=${run}`)).body.run.outputs).toEqual({
    model_outputs: [{ model_id, step: 2 }],
  })
  expect((await call('POST', `${path}/params`, { params: [{ key: 'k', value: 'v' }] })).body).toEqual({})
  const ready = await call('PATCH', path, { model_id, status: 'LOGGED_MODEL_READY' })
  expect(ready.body.model.info.status).toBe('LOGGED_MODEL_READY')
  expect((await call('PATCH', path, { status: 3 })).body.model.info.status).toBe('LOGGED_MODEL_UPLOAD_FAILED')
  const tagged = await call('PATCH', `${path}/tags`, { tags: [{ key: 'a/b', value: 'y' }] })
  expect(tagged.body.model.info.tags).toEqual([{ key: 'a/b', value: 'y' }])
  expect((await call('DELETE', `${path}/tags/a/b`)).body).toEqual({})
  expect(await call('DELETE', `${path}/tags/a/b`)).toMatchObject({
    status: 404,
    body: { message: `No tag with key 'a/b' found for model with ID '${model_id}'.` },
  })
  const found = await call('GET', path)
  expect(found.body.model.info.tags).toBeUndefined()
  expect(found.body.model.data).toEqual({
    params: [
      { key: 'depth', value: '3' },
      { key: 'k', value: 'v' },
    ],
    metrics: [{ key: 'acc', value: 'NaN', timestamp: 1, step: 2, model_id, run_id: run, dataset_name: 'test' }],
  })
  expect((await call('DELETE', path)).body).toEqual({})
  expect((await call('DELETE', path)).body).toEqual({})
  expect(await call('GET', path)).toEqual({
    status: 404,
    body: {
      error_code: 'RESOURCE_DOES_NOT_EXIST',
      message: `Logged model with ID '${model_id}' not found.`,
    },
  })
  expect((await call('GET', `${path}?allow_deleted=true`)).status).toBe(200)
})

test('a search pages, and an empty one is an empty object', async () => {
  for (const name of ['s1', 's2', 's3']) await create({ name })
  const search = async (more: object) =>
    (await call('POST', 'logged-models/search', { experiment_ids: ['0'], ...more }, '/ajax-api/2.0/mlflow')).body
  const names = (body: { models: { info: { name: string } }[] }) => body.models.map(({ info }) => info.name)
  const ask = { filter: "name LIKE 's%'", max_results: 2, order_by: [{ field_name: 'name', ascending: false }] }
  const first = await search(ask)
  expect(names(first)).toEqual(['s3', 's2'])
  expect(names(await search({ ...ask, page_token: first.next_page_token }))).toEqual(['s1'])
  expect(await search({ filter: "name = 'none'" })).toEqual({})
})

describe('a wrong call', () => {
  test.each([
    ['POST', 'logged-models', {}, "Missing value for required parameter 'experiment_id'"],
    ['POST', 'logged-models', { experiment_id: '0', name: 'a/b' }, "Invalid model name ('a/b') provided"],
    ['POST', 'logged-models', { experiment_id: '0', name: 5 }, "Invalid value 5 for parameter 'name' supplied"],
    ['POST', 'logged-models', { experiment_id: '0', tags: {} }, "for parameter 'tags' supplied"],
    ['POST', 'logged-models', { experiment_id: '0', params: [{}] }, "'params[0].key'"],
    ['POST', 'logged-models/search', {}, "'experiment_ids'"],
    ['POST', 'logged-models/search', { experiment_ids: ['0'], order_by: ['name'] }, "'order_by[0]'"],
    ['POST', 'logged-models/search', { experiment_ids: ['0'], order_by: [{}] }, "'order_by[0].field_name'"],
    ['POST', 'logged-models/search', { experiment_ids: ['0'], datasets: [{}] }, "'datasets[0].dataset_name'"],
    ['POST', 'logged-models/search', { experiment_ids: ['0'], max_results: -1 }, "'max_results'"],
    ['POST', 'logged-models/search', { experiment_ids: ['0'], page_token: 'x' }, 'Invalid page token'],
    ['POST', 'logged-models/search', { experiment_ids: ['0'], filter: 'name' }, 'comparison'],
    ['POST', 'runs/outputs', { run_id: run }, "'models'"],
    ['POST', 'runs/outputs', { run_id: run, models: [{}] }, "'models[0].model_id'"],
    ['POST', 'runs/outputs', { run_id: run, models: [{ model_id: 'm', step: 0.5 }] }, "'models[0].step'"],
    ['PATCH', 'logged-models/m-x', {}, "'status'"],
    ['PATCH', 'logged-models/m-x', { status: 'READY' }, "'status'"],
    ['PATCH', 'logged-models/m-x', { status: 0 }, "'status'"],
    ['PATCH', 'logged-models/m-x/tags', { tags: [{ value: 'x' }] }, "'tags[0].key'"],
  ] as const)('%s %s %j is a 400', async (method, path, body, message) => {
    const reply = await call(method, path, body)
    expect([reply.status, reply.body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(reply.body.message).toContain(message)
  })

  test.each([
    ['GET', '', undefined],
    ['PATCH', '', { status: 'LOGGED_MODEL_READY' }],
    ['DELETE', '', undefined],
    ['PATCH', '/tags', { tags: [{ key: 'a', value: 'b' }] }],
    ['DELETE', '/tags/a', undefined],
    ['POST', '/params', { params: [{ key: 'a', value: 'b' }] }],
    ['GET', '/artifacts/directories', undefined],
  ] as const)('%s of a model that is not there%s is a 404', async (method, path, body) => {
    const reply = await call(method, `logged-models/m-none${path}`, body)
    expect([reply.status, reply.body.message]).toEqual([404, "Logged model with ID 'm-none' not found."])
  })

  test('with another value of a parameter keeps the first', async () => {
    const path = `logged-models/${await create({ params: [{ key: 'k', value: '1' }] })}`
    const reply = await call('POST', `${path}/params`, { params: [{ key: 'k', value: '2' }] })
    expect([reply.status, reply.body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  })
})
