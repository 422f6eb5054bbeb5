import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { mountMlflowTracking } from './index.js'

let suite: TestApp
const ids: Record<string, string> = {}

const root = '/api/2.0/mlflow/experiments'
const post = (path: string, body: object) => suite.app.inject({ method: 'POST', url: `${root}/${path}`, body })
const get = (path: string) => suite.app.inject({ url: `${root}/${path}` })

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    mountMlflowTracking(app, { contextOf: () => ctx })
  })
  // After the Default, which was made by the clock of the database.
  suite.clock.advance(20 * 366 * 86_400_000)
  for (const [name, tags] of [
    ['Alpha', [{ key: 'team', value: 'core' }]],
    ['beta', [{ key: 'team', value: 'Data' }]],
    ['gamma', []],
  ] as const) {
    ids[name] = (await post('create', { name, tags })).json().experiment_id
    if (name !== 'beta') suite.clock.advance(1000)
  }
  await post('delete', { experiment_id: ids.gamma })
})
afterAll(() => suite?.close())

describe('search', () => {
  const names = async (body: object) => {
    const reply = await post('search', { max_results: 100, ...body })
    return (reply.json().experiments ?? []).map(({ name }: { name: string }) => name)
  }

  test.each([
    [{}, ['beta', 'Alpha', 'Default']],
    [{ view_type: 'ALL' }, ['beta', 'gamma', 'Alpha', 'Default']],
    [{ view_type: 'DELETED_ONLY' }, ['gamma']],
    [{ order_by: ['name'] }, ['Alpha', 'Default', 'beta']],
    [{ order_by: ['creation_time ASC'] }, ['Default', 'Alpha', 'beta']],
    [{ order_by: ['experiment_id'] }, ['Default', 'Alpha', 'beta']],
    [{ filter: "name = 'beta'" }, ['beta']],
    [{ filter: "attribute.name LIKE '%a'" }, ['beta', 'Alpha']],
    [{ filter: "name ILIKE 'al%'" }, ['Alpha']],
    [{ filter: "name LIKE 'al%'" }, []],
    [{ filter: "tags.team = 'core'" }, ['Alpha']],
    [{ filter: "tag.`team` ILIKE 'd%'" }, ['beta']],
    [{ filter: "tags.team != 'core'" }, ['beta']],
    [{ filter: 'tags.team IS NULL' }, ['Default']],
    [{ filter: 'tags.team IS NOT NULL' }, ['beta', 'Alpha']],
    [{ filter: "creation_time > 1700000000000 AND name != 'beta'" }, ['Alpha', 'Default']],
    [{ filter: "experiment_id IN ('1', '2')" }, ['beta', 'Alpha']],
    [{ filter: "tags.team = 'core' or not name LIKE '%a'" }, ['Alpha', 'Default']],
  ])('%j', async (body: Readonly<Record<string, unknown>>, found) => {
    const sorted = body.view_type === 'ALL' ? [...(await names(body))].sort() : await names(body)
    expect(sorted).toEqual(body.view_type === 'ALL' ? [...found].sort() : found)
  })

  test('pages, by GET too', async () => {
    const first = (await get('search?max_results=2')).json()
    expect(first.experiments).toHaveLength(2)
    const token = encodeURIComponent(first.next_page_token)
    const second = (await get(`search?max_results=2&page_token=${token}&order_by=name&order_by=creation_time`)).json()
    expect(second.experiments).toHaveLength(1)
    expect(second.next_page_token).toBeUndefined()
    expect((await get('search?max_results=5&filter=name%3D%27none%27')).body).toBe('{}')
  })

  test('wants to know how many', async () => {
    const message = async (body: object) => (await post('search', body)).json().message
    expect(await message({})).toBe(
      "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer",
    )
    expect(await message({ max_results: 50_001 })).toBe(
      "Invalid value 50001 for parameter 'max_results' supplied. It must be at most 50000",
    )
  })

  test.each([
    [{ max_results: -1 }],
    [{ max_results: 'x' }],
    [{ filter: 'metrics.a > 1' }],
    [{ filter: 'max(metrics.a) > 1' }],
    [{ filter: "name > 'a'" }],
    [{ filter: "name IN ('a')" }],
    [{ filter: "creation_time = 'a'" }],
    [{ filter: "artifact_location = 'a'" }],
    [{ order_by: ['tags.team'] }],
    [{ order_by: ['name', 'name DESC'] }],
    [{ page_token: '!' }],
    [{ view_type: 'SOME' }],
  ])('refuses %j', async (body) => {
    const reply = await post('search', { max_results: 10, ...body })
    expect([reply.statusCode, reply.json().error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  })
})

describe('tags', () => {
  const tag = (body: object) => post('set-experiment-tag', { experiment_id: ids.Alpha, ...body })

  test('are set, replaced and removed', async () => {
    expect((await tag({ key: 'note', value: 'a' })).json()).toEqual({})
    await tag({ key: 'note', value: 'b' })
    const { experiment } = (await get(`get?experiment_id=${ids.Alpha}`)).json()
    expect(experiment.tags).toEqual([
      { key: 'note', value: 'b' },
      { key: 'team', value: 'core' },
    ])
    const remove = () => post('delete-experiment-tag', { experiment_id: ids.Alpha, key: 'note' })
    expect((await remove()).json()).toEqual({})
    const again = await remove()
    expect([again.statusCode, again.json()]).toEqual([
      404,
      {
        error_code: 'RESOURCE_DOES_NOT_EXIST',
        message: `No tag with name: note in experiment with id ${ids.Alpha}`,
      },
    ])
  })

  test.each([
    [{ key: 'k'.repeat(250), value: 'v'.repeat(5000) }, 200, /^\{\}$/],
    [{ key: 'k'.repeat(251), value: '' }, 400, /'key' exceeds the maximum length of 250 characters/],
    [{ key: 'k', value: 'v'.repeat(5001) }, 400, /'value' exceeds the maximum length of 5000 characters/],
    [{ value: 'v' }, 400, /Missing value for required parameter 'key'/],
    [{ key: 'a//b', value: 'v' }, 400, /'a\/b'/],
    [{ key: 'k', value: 5 }, 400, /Invalid value 5 for parameter 'value' supplied/],
    [{ key: 'k', value: 'v', experiment_id: '77' }, 404, /No Experiment with id=77 exists/],
    [{ key: 'k', value: 'v', experiment_id: 'x' }, 400, /experiment_id/],
  ])('of a request %# are checked', async (body, status, message) => {
    const reply = await tag(body)
    expect(reply.statusCode).toBe(status)
    expect(reply.json().message ?? reply.body).toMatch(message)
  })

  test('of a deleted experiment cannot change', async () => {
    for (const path of ['set-experiment-tag', 'delete-experiment-tag']) {
      const reply = await post(path, { experiment_id: ids.gamma, key: 'k', value: 'v' })
      expect([reply.statusCode, reply.json().message]).toEqual([
        400,
        expect.stringMatching(/must be in the 'active' state/),
      ])
    }
  })
})

test('more tags or inputs than one request may hold are refused, whole', async () => {
  const tags = Array.from({ length: 1001 }, (_, index) => ({ key: `k${index}`, value: '' }))
  const refused = { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining('at most 1000 tags') }
  expect((await post('create', { name: 'many tags', tags })).json()).toMatchObject(refused)
  expect((await get('get-by-name?experiment_name=many tags')).statusCode).toBe(404)
  const runs = (path: string, body: object) =>
    suite.app.inject({
      method: 'POST',
      url: `/api/2.0/mlflow/runs/${path}`,
      body: { experiment_id: ids.Alpha, ...body },
    })
  expect((await runs('create', { tags })).json()).toMatchObject(refused)
  const run_id = (await runs('create', { tags: tags.slice(0, 1000) })).json().run.info.run_id
  const dataset = { name: 'd', digest: '1', source_type: 'local', source: '{}' }
  const datasets = Array.from({ length: 10_001 }, () => ({ dataset }))
  const reply = await runs('log-inputs', { run_id, datasets })
  expect(reply.statusCode).toBe(400)
  expect(reply.json().message).toContain('at most 10000 datasets')
})
