import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Method, openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { systemActor } from '../../platform/index.js'
import { putArtifact } from '../artifacts/index.js'
import { createRun, ensureExperiment } from '../tracking/index.js'
import {
  createModel,
  createModelVersion,
  listModelHistory,
  mountRegistryRoutes,
  moveAlias,
  rollbackAlias,
} from './index.js'
import { lastMoveNotTakenBack } from './rollback-alias.js'

let suite: TestApp
const run_id = 'e'.repeat(32)

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    mountRegistryRoutes(app, () => ctx)
  })
  const { ctx } = suite
  const { experiment_id } = await ensureExperiment({ ctx, input: { name: 'api' } })
  const { info } = await createRun({ ctx, input: { experiment_id, run_id, start_time: 1 } })
  const path = `${info.artifact_uri.replace('mlflow-artifacts:/', '')}/model/MLmodel`
  await putArtifact({ ctx, input: { path, content: new TextEncoder().encode('x') } })
})
afterAll(() => suite?.close())

type Body = Record<string, unknown>
const at = (path: string) => `/api/v1/models${path}`
const send = (method: Method, path: string, payload?: Body) => suite.send(method, at(path), payload)
const ok = (method: Method, path: string, payload?: Body): Promise<Body> => suite.ok(method, at(path), payload)
let counter = 0
const modelWith = async (versions: number) => {
  counter += 1
  const model = `api-${counter}`
  await createModel({ ctx: suite.ctx, input: { name: model } })
  for (let index = 0; index < versions; index += 1) {
    await createModelVersion({ ctx: suite.ctx, input: { model, source: 's3://b/m' } })
  }
  return model
}
const move = (model: string, version: string, more: Body = {}) =>
  ok('PUT', `/${model}/aliases/champion`, { version, ...more })
const versionOf = async (model: string) => (await ok('GET', `/${model}`)).aliases

describe('the history of a model', () => {
  test('tells who changed what, when, why, from what, to what; newest first, by page, under every name it had', async () => {
    const { ctx, clock } = suite
    await ok('POST', '', { name: 'told', description: 'first' })
    await ok('POST', '/told/versions', { run_id, path: 'model', reason: 'nightly' })
    clock.advance(1000)
    await ok('PATCH', '/told', { description: 'second', reason: 'clearer' })
    await ok('PUT', '/told/tags/team', { value: 'a' })
    await ok('PUT', '/told/tags/team', { value: 'b', reason: 'moved' })
    await ok('DELETE', '/told/tags/team', {})
    await ok('PUT', '/told/versions/1/tags/k', { value: 'v' })
    await ok('DELETE', '/told/versions/1/tags/k', {})
    await ok('PATCH', '/told/versions/1', { stage: 'Staging', description: 'good' })
    await ok('PATCH', '/told', { name: 'told again', reason: 'brand' })
    await moveAlias({
      ctx: { ...ctx, actor: systemActor('worker') },
      input: { model: 'told again', alias: 'champion', version: '1', reason: 'better' },
    })
    await ok('DELETE', '/told%20again/versions/1', { reason: 'bad data' })
    const pages: Body[] = []
    let page_token: string | undefined
    do {
      const page = await listModelHistory({ ctx, input: { model: 'told again', limit: 5, page_token } })
      pages.push(...page.items)
      page_token = page.next_page_token
    } while (page_token !== undefined)
    const shown = pages.map(({ what, version, key, from, to, reason, actor }) => [
      what,
      version,
      key,
      from,
      to,
      reason,
      actor,
    ])
    expect(shown).toEqual([
      ['version', '1', undefined, '1', undefined, 'bad data', 'local'],
      ['alias', undefined, 'champion', '1', undefined, 'bad data', 'local'],
      ['alias', undefined, 'champion', undefined, '1', 'better', 'system:worker'],
      ['model', undefined, undefined, 'told', 'told again', 'brand', 'local'],
      ['stage', '1', undefined, 'None', 'Staging', '', 'local'],
      ['description', '1', undefined, '', 'good', '', 'local'],
      ['tag', '1', 'k', 'v', undefined, '', 'local'],
      ['tag', '1', 'k', undefined, 'v', '', 'local'],
      ['tag', undefined, 'team', 'b', undefined, '', 'local'],
      ['tag', undefined, 'team', 'a', 'b', 'moved', 'local'],
      ['tag', undefined, 'team', undefined, 'a', '', 'local'],
      ['description', undefined, undefined, 'first', 'second', 'clearer', 'local'],
      ['version', '1', undefined, undefined, '1', 'nightly', 'local'],
      ['model', undefined, undefined, undefined, 'told', '', 'local'],
    ])
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from audit where subject like 'models/told%'
    `.execute(ctx.db)
    expect(rows[0]?.count).toBe(14)
  })

  test('of a deleted model is not that of the next one of its name', async () => {
    const model = await modelWith(2)
    await move(model, '1')
    await move(model, '2')
    await ok('DELETE', `/${model}`, { reason: 'done' })
    expect((await send('GET', `/${model}/history`)).status).toBe(404)
    await createModel({ ctx: suite.ctx, input: { name: model } })
    await createModelVersion({ ctx: suite.ctx, input: { model, source: 's3://b/m' } })
    expect((await ok('GET', `/${model}`)).alias_history).toEqual([])
    expect((await send('POST', `/${model}/aliases/champion/rollback`, {})).body.code).toBe('alias_never_moved')
  })
})

describe('rollbackAlias', () => {
  test('goes one move back each time, and never back and forth', async () => {
    const model = await modelWith(4)
    for (const version of ['1', '2', '3']) await move(model, version)
    const back = () => ok('POST', `/${model}/aliases/champion/rollback`, { reason: 'worse' })
    expect(await back()).toMatchObject({ from_version: '3', to_version: '2', reason: 'worse' })
    expect(await back()).toMatchObject({ from_version: '2', to_version: '1' })
    await move(model, '4')
    expect(await back()).toMatchObject({ from_version: '4', to_version: '1' })
    expect(await versionOf(model)).toEqual({ champion: '1' })
    expect((await send('POST', `/${model}/aliases/champion/rollback`, {})).body.code).toBe('alias_never_moved')
  })

  test('says so where the version before is deleted, and changes nothing', async () => {
    const model = await modelWith(2)
    await move(model, '1')
    await move(model, '2')
    await ok('DELETE', `/${model}/versions/1`, {})
    const reply = await send('POST', `/${model}/aliases/champion/rollback`, {})
    expect(reply).toMatchObject({ status: 404, body: { code: 'model_version_not_found' } })
    expect(await versionOf(model)).toEqual({ champion: '2' })
  })

  test('two at once take back two moves, or one where both expect the same', async () => {
    const model = await modelWith(3)
    for (const version of ['1', '2', '3']) await move(model, version)
    const input = { model, alias: 'champion', expected_version: '3', reason: '' }
    const both = await Promise.allSettled([1, 2].map(() => rollbackAlias({ ctx: suite.ctx, input })))
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await versionOf(model)).toEqual({ champion: '2' })
  })

  test.each([
    [[], undefined],
    [[{ id: 1, undoes: null }], 1],
    [
      [
        { id: 2, undoes: 1 },
        { id: 1, undoes: null },
      ],
      undefined,
    ],
    [
      [
        { id: 4, undoes: null },
        { id: 3, undoes: 2 },
        { id: 2, undoes: null },
        { id: 1, undoes: null },
      ],
      4,
    ],
    [
      [
        { id: 5, undoes: 4 },
        { id: 4, undoes: null },
        { id: 3, undoes: 2 },
        { id: 2, undoes: null },
        { id: 1, undoes: null },
      ],
      1,
    ],
  ])('the last move that counts of %j is %s', (moves, id) => {
    expect(lastMoveNotTakenBack(moves.map((one) => ({ ...one, from_value: null })))?.id).toBe(id)
  })
})

describe('two who move an alias at once', () => {
  test('are served one after the other: the history is one chain', async () => {
    const model = await modelWith(8)
    await Promise.all(Array.from({ length: 8 }, (_, index) => move(model, String(index + 1))))
    const { items } = await listModelHistory({ ctx: suite.ctx, input: { model } })
    const moves = items.filter(({ what }) => what === 'alias').reverse()
    expect(moves).toHaveLength(8)
    expect(moves.map(({ from }) => from)).toEqual([undefined, ...moves.slice(0, -1).map(({ to }) => to)])
    expect(await versionOf(model)).toEqual({ champion: moves.at(-1)?.to })
  })

  test('the second is told who was first, when it says what it expects', async () => {
    const model = await modelWith(3)
    await move(model, '1', { expected_version: '' })
    await move(model, '2')
    const late = await send('PUT', `/${model}/aliases/champion`, { version: '3', expected_version: '1' })
    expect(late).toMatchObject({ status: 409, body: { code: 'alias_moved_meanwhile' } })
    expect(JSON.stringify(late.body)).toContain('points to version 2, not to version 1: local moved it at 2026')
    expect((await send('DELETE', `/${model}/aliases/champion`, { expected_version: '1' })).status).toBe(409)
    await ok('DELETE', `/${model}/aliases/champion`, { expected_version: '2' })
  })
})

describe('our own routes', () => {
  test('register the folder of a run, show its stage and files, and make the model', async () => {
    const made = await ok('POST', '/fresh/versions', { run_id, path: 'model', description: 'd' })
    expect(made).toMatchObject({
      version: '1',
      stage: 'None',
      run_id,
      description: 'd',
      source: `runs:/${run_id}/model`,
    })
    expect((await ok('GET', '/fresh/versions/1/artifacts')).items).toHaveLength(1)
    const file = await suite.app.inject({ url: '/api/v1/models/fresh/versions/1/artifacts/file?path=MLmodel' })
    expect([file.statusCode, file.body, file.headers['x-content-type-options']]).toEqual([200, 'x', 'nosniff'])
    const outside = await suite.app.inject({ url: '/api/v1/models/fresh/versions/1/artifacts/file?path=..%2F..%2Fx' })
    expect(outside.statusCode).toBe(400)
    const archived = await ok('PATCH', '/fresh/versions/1', { stage: 'Production', archive_existing: true })
    expect(archived).toMatchObject({ stage: 'Production' })
  })

  test.each<[string, Parameters<typeof send>, number, string]>([
    ['a name that is taken', ['POST', '', { name: 'fresh' }], 400, 'model_exists'],
    ['a name that is a path', ['POST', '', { name: 'a/b' }], 400, 'model_name_invalid'],
    ['half a character', ['POST', '', { name: 'a\ud800' }], 400, 'mlflow_invalid_value'],
    ['NUL in an address', ['GET', '/fresh/versions/1%00'], 404, 'model_version_not_found'],
    ['NUL in the name', ['GET', '/a%00b'], 400, 'invalid_request'],
    ['NUL in the name of a file', ['GET', '/a%00b/versions/1/artifacts/file?path=x'], 400, 'invalid_request'],
    ['a version of nothing', ['POST', '/fresh/versions', {}], 400, 'invalid_request'],
    ['a version of a run without a path', ['POST', '/fresh/versions', { run_id }], 400, 'invalid_request'],
    [
      'a version of a run that is not there',
      ['POST', '/fresh/versions', { run_id: 'nope', path: 'm' }],
      400,
      'model_source_invalid',
    ],
    ['a path that leaves the run', ['POST', '/fresh/versions', { run_id, path: '../x' }], 400, 'model_source_invalid'],
    ['a stage that does not exist', ['PATCH', '/fresh/versions/1', { stage: 'Live' }], 400, 'invalid_request'],
    [
      'archiving for no stage',
      ['PATCH', '/fresh/versions/1', { archive_existing: true }],
      400,
      'model_stage_not_active',
    ],
    [
      'a tag of a version that is not there',
      ['PUT', '/fresh/versions/9/tags/k', { value: 'v' }],
      404,
      'model_version_not_found',
    ],
    ['a tag of a model that is not there', ['PUT', '/nope/tags/k', { value: 'v' }], 404, 'model_not_found'],
    ['a page that does not exist', ['GET', '/fresh/history?page_token=x'], 400, 'page_token_invalid'],
    ['the rollback of no alias', ['POST', '/fresh/aliases/nope/rollback', {}], 404, 'alias_never_moved'],
    ['the rollback of no model', ['POST', '/nope/aliases/a/rollback', {}], 404, 'model_not_found'],
  ])('refuse %s', async (_name, call, status, code) => {
    expect(await send(...call)).toMatchObject({ status, body: { code } })
  })
})
