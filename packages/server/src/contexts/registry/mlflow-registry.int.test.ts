import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Method, openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { putArtifact } from '../artifacts/index.js'
import { createLoggedModel, createRun, ensureExperiment } from '../tracking/index.js'
import { mountMlflowRegistry, mountRegistryRoutes } from './index.js'

let suite: TestApp
const run_id = 'c'.repeat(32)
let runUri = ''

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    mountMlflowRegistry(app, { contextOf: () => ctx })
    mountRegistryRoutes(app, () => ctx)
  })
  const { ctx } = suite
  const { experiment_id } = await ensureExperiment({ ctx, input: { name: 'registry' } })
  runUri = (await createRun({ ctx, input: { experiment_id, run_id, start_time: 1 } })).info.artifact_uri
  const folder = runUri.replace('mlflow-artifacts:/', '')
  await putArtifact({
    ctx,
    input: { path: `${folder}/model/MLmodel`, content: new TextEncoder().encode('flavors: {}') },
  })
})
afterAll(() => suite?.close())

type Body = Record<string, unknown>
/** A call as the client sends it: what is asked of GET stands in the address. */
function asked(method: Method, path: string, payload: Body): [Method, string, Body?] {
  const url = path.startsWith('/') ? path : `/api/2.0/mlflow/${path}`
  if (method !== 'GET') return [method, url, payload]
  const query = Object.entries(payload).map(([key, value]): [string, string] => [key, String(value)])
  return [method, `${url}?${new URLSearchParams(query)}`]
}
const send = (method: Method, path: string, payload: Body = {}) => suite.send(...asked(method, path, payload))
const ok = (method: Method, path: string, payload: Body = {}): Promise<Record<string, never>> =>
  suite.ok(...asked(method, path, payload))
const make = (name: string, tags: readonly { key: string; value: string }[] = []) =>
  ok('POST', 'registered-models/create', { name, tags })
const add = async (name: string, more: Body = {}): Promise<Body> =>
  (await ok('POST', 'model-versions/create', { name, source: 's3://bucket/model', ...more })).model_version as never

describe('models', () => {
  test('are created, described, renamed with their versions, and deleted for good', async () => {
    const tags = [
      { key: 'team', value: 'a' },
      { key: 'team', value: 'b' },
    ]
    const made = await ok('POST', 'registered-models/create', { name: 'life', description: 'd', tags })
    expect(made).toEqual({
      registered_model: {
        name: 'life',
        description: 'd',
        tags: [{ key: 'team', value: 'b' }],
        creation_timestamp: suite.clock.now().getTime(),
        last_updated_timestamp: suite.clock.now().getTime(),
      },
    })
    await add('life')
    await ok('POST', 'registered-models/alias', { name: 'life', alias: 'champion', version: '1' })
    suite.clock.advance(1000)
    await ok('PATCH', 'registered-models/update', { name: 'life', description: 'new' })
    const renamed = await ok('POST', 'registered-models/rename', { name: 'life', new_name: 'life2' })
    expect(renamed.registered_model).toMatchObject({
      name: 'life2',
      description: 'new',
      last_updated_timestamp: suite.clock.now().getTime(),
      latest_versions: [{ name: 'life2', version: '1', aliases: ['champion'] }],
      aliases: [{ alias: 'champion', version: '1' }],
    })
    expect((await send('GET', 'registered-models/get', { name: 'life' })).status).toBe(404)
    await ok('DELETE', 'registered-models/delete', { name: 'life2' })
    expect((await send('GET', 'model-versions/get', { name: 'life2', version: '1' })).status).toBe(404)
    await make('life2')
    expect(await add('life2')).toMatchObject({ version: '1', description: '', current_stage: 'None', status: 'READY' })
    const history = await ok('GET', '/api/v1/models/life2/history')
    expect(history.items).toHaveLength(2)
  })

  test.each<[string, Parameters<typeof send>, number, string, string]>([
    [
      'a name that is taken',
      ['POST', 'registered-models/create', { name: 'taken' }],
      400,
      'RESOURCE_ALREADY_EXISTS',
      'Registered Model (name=taken) already exists.',
    ],
    [
      'a prompt of the name of a model',
      [
        'POST',
        'registered-models/create',
        { name: 'taken', tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] },
      ],
      400,
      'RESOURCE_ALREADY_EXISTS',
      "Tried to create a prompt with name 'taken', but the name is already taken by a registered model. MLflow does not allow creating a model and a prompt with the same name.",
    ],
    [
      'no name',
      ['POST', 'registered-models/create', {}],
      400,
      'INVALID_PARAMETER_VALUE',
      "Missing value for required parameter 'name'. See the API docs for more information about request parameters.",
    ],
    [
      'a name with /',
      ['POST', 'registered-models/create', { name: 'a/b' }],
      400,
      'INVALID_PARAMETER_VALUE',
      "Invalid model name 'a/b'. Names cannot contain '/' or ':'.",
    ],
    [
      'a name that is a path',
      ['POST', 'registered-models/create', { name: '..' }],
      400,
      'INVALID_PARAMETER_VALUE',
      `Invalid value ".." for parameter 'name' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '..'`,
    ],
    [
      'a model that is not there',
      ['GET', 'registered-models/get', { name: 'nope' }],
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Registered Model with name=nope not found',
    ],
    [
      'deleting what is not there',
      ['DELETE', 'registered-models/delete', { name: 'nope' }],
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Registered Model with name=nope not found',
    ],
    [
      'a rename to a name that is taken',
      ['POST', 'registered-models/rename', { name: 'other', new_name: 'taken' }],
      400,
      'RESOURCE_ALREADY_EXISTS',
      'Registered Model (name=taken) already exists.',
    ],
    [
      'a rename to nothing',
      ['POST', 'registered-models/rename', { name: 'other' }],
      400,
      'INVALID_PARAMETER_VALUE',
      "Missing value for required parameter 'new_name'. See the API docs for more information about request parameters.",
    ],
    [
      'a version that is not there',
      ['GET', 'model-versions/get', { name: 'taken', version: '7' }],
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Model Version (name=taken, version=7) not found',
    ],
    [
      'a version that is no number',
      ['GET', 'model-versions/get', { name: 'taken', version: 'one' }],
      400,
      'INVALID_PARAMETER_VALUE',
      "Parameter 'version' must be an integer, got 'one'.",
    ],
    [
      'a version of no model',
      ['POST', 'model-versions/create', { name: 'nope', source: 's3://b/m' }],
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Registered Model with name=nope not found',
    ],
    [
      'an alias that is not there',
      ['GET', 'registered-models/alias', { name: 'taken', alias: 'x' }],
      400,
      'INVALID_PARAMETER_VALUE',
      'Registered model alias x not found.',
    ],
    [
      'an alias of no version',
      ['POST', 'registered-models/alias', { name: 'taken', alias: 'x', version: '5' }],
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Model Version (name=taken, version=5) not found',
    ],
    [
      'an alias with a space',
      ['POST', 'registered-models/alias', { name: 'other', alias: 'a b', version: '1' }],
      400,
      'INVALID_PARAMETER_VALUE',
      "Invalid alias name: 'a b'. Names may only contain alphanumerics, underscores (_), and dashes (-).",
    ],
    [
      'the alias latest',
      ['POST', 'registered-models/alias', { name: 'other', alias: 'Latest', version: '1' }],
      400,
      'INVALID_PARAMETER_VALUE',
      "'latest' alias name (case insensitive) is reserved.",
    ],
    [
      'an alias like a version',
      ['POST', 'registered-models/alias', { name: 'other', alias: 'V1', version: '1' }],
      400,
      'INVALID_PARAMETER_VALUE',
      "Version alias name 'V1' is reserved.",
    ],
    [
      'a stage that does not exist',
      ['POST', 'model-versions/transition-stage', { name: 'other', version: '1', stage: 'Live' }],
      400,
      'INVALID_PARAMETER_VALUE',
      'Invalid Model Version stage: Live. Value must be one of None, Staging, Production, Archived.',
    ],
    [
      'archiving others for no active stage',
      [
        'POST',
        'model-versions/transition-stage',
        { name: 'other', version: '1', stage: 'None', archive_existing_versions: true },
      ],
      400,
      'INVALID_PARAMETER_VALUE',
      "Model version transition cannot archive existing model versions because 'None' is not an Active stage. Valid stages are ['Staging', 'Production']",
    ],
    [
      'latest versions of a stage that does not exist',
      ['POST', 'registered-models/get-latest-versions', { name: 'other', stages: ['x'] }],
      400,
      'INVALID_PARAMETER_VALUE',
      'Invalid Model Version stage: x. Value must be one of None, Staging, Production, Archived.',
    ],
    [
      'a tag that is too long',
      ['POST', 'model-versions/set-tag', { name: 'other', version: '1', key: 'k', value: 'x'.repeat(100_001) }],
      400,
      'INVALID_PARAMETER_VALUE',
      "'value' exceeds the maximum length of 100000 characters",
    ],
    [
      'the newest of no versions',
      ['GET', 'registered-models/alias', { name: 'taken', alias: 'LATEST' }],
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Latest version not found for model taken.',
    ],
  ])('refuse %s', async (_name, call, status, error_code, message) => {
    await send('POST', 'registered-models/create', { name: 'taken' })
    await send('POST', 'registered-models/create', { name: 'other' })
    if ((await send('GET', 'model-versions/get', { name: 'other', version: '1' })).status === 404) await add('other')
    expect(await send(...call)).toEqual({ status, body: { error_code, message } })
  })

  test('a thousand tags are enough', async () => {
    const tags = Array.from({ length: 1001 }, (_, index) => ({ key: `k${index}`, value: 'v' }))
    expect((await send('POST', 'registered-models/create', { name: 'tagged', tags })).status).toBe(400)
    await make('tagged', tags.slice(1))
    expect(
      (await send('POST', 'registered-models/set-tag', { name: 'tagged', key: 'one-more', value: '' })).status,
    ).toBe(400)
    await ok('POST', 'registered-models/set-tag', { name: 'tagged', key: 'k5', value: 'w' })
    await ok('DELETE', 'registered-models/delete-tag', { name: 'tagged', key: 'k6' })
    await ok('DELETE', 'registered-models/delete-tag', { name: 'tagged', key: 'not there' })
    await ok('POST', 'registered-models/set-tag', { name: 'tagged', key: 'one-more' })
    const found: { registered_model?: Body } = await ok('GET', 'registered-models/get', { name: 'tagged' })
    const tagsFound = found.registered_model?.tags
    expect(tagsFound).toHaveLength(1000)
    expect(tagsFound).toContainEqual({ key: 'k5', value: 'w' })
    expect(tagsFound).toContainEqual({ key: 'one-more', value: '' })
  })
})

describe('versions', () => {
  test('numbers never come back, and a deleted version takes its aliases along', async () => {
    await make('numbers')
    await add('numbers')
    await add('numbers')
    await ok('POST', 'registered-models/alias', { name: 'numbers', alias: 'champion', version: '2' })
    suite.clock.advance(1000)
    await ok('DELETE', 'model-versions/delete', { name: 'numbers', version: '2' })
    expect((await send('DELETE', 'model-versions/delete', { name: 'numbers', version: '2' })).status).toBe(404)
    const { registered_model: model } = await ok('GET', 'registered-models/get', { name: 'numbers' })
    expect(model).toMatchObject({ last_updated_timestamp: suite.clock.now().getTime() })
    expect(model).not.toHaveProperty('aliases')
    expect(await add('numbers')).toMatchObject({ version: '3' })
    await ok('DELETE', 'registered-models/alias', { name: 'numbers', alias: 'never-there' })
  })

  test('stages: any case in, canonical out; others are archived when asked', async () => {
    await make('staged')
    for (let index = 0; index < 4; index += 1) await add('staged')
    const move = (version: string, stage: string, archive_existing_versions = false) =>
      ok('POST', 'model-versions/transition-stage', { name: 'staged', version, stage, archive_existing_versions })
    expect((await move('1', 'PRODUCTION')).model_version).toMatchObject({ current_stage: 'Production' })
    await move('2', 'production')
    await move('3', 'Production', true)
    const latest = await ok('POST', 'registered-models/get-latest-versions', { name: 'staged' })
    const shown = (body: Body) => (body.model_versions as Body[]).map((one) => [one.current_stage, one.version])
    expect(shown(latest)).toEqual([
      ['Archived', '2'],
      ['Production', '3'],
      ['None', '4'],
    ])
    const some = await ok('GET', 'registered-models/get-latest-versions', { name: 'staged', stages: 'production' })
    expect(shown(some)).toEqual([['Production', '3']])
    expect(
      (await ok('GET', 'registered-models/alias', { name: 'staged', alias: 'latest' })).model_version,
    ).toMatchObject({ version: '4' })
    const history: { items?: Body[] } = await ok('GET', '/api/v1/models/staged/history')
    const changes = history.items ?? []
    expect(changes.filter(({ what }) => what === 'stage').map(({ version, from, to }) => [version, from, to])).toEqual([
      ['3', 'None', 'Production'],
      ['2', 'Production', 'Archived'],
      ['1', 'Production', 'Archived'],
      ['2', 'None', 'Production'],
      ['1', 'None', 'Production'],
    ])
  })

  test('files are downloaded by version, whole or in part, and never from elsewhere', async () => {
    await make('files')
    await add('files', { source: `runs:/${run_id}/model`, run_id })
    await add('files')
    const get = (query: string, headers = {}) =>
      suite.app.inject({ url: `/model-versions/get-artifact?${query}`, headers })
    const whole = await get('name=files&version=1&path=MLmodel')
    expect([whole.statusCode, whole.body]).toEqual([200, 'flavors: {}'])
    const part = await get('name=files&version=1&path=MLmodel', { range: 'bytes=0-6' })
    expect([part.statusCode, part.body]).toEqual([206, 'flavors'])
    const twin = await suite.app.inject({
      url: '/ajax-api/2.0/mlflow/model-versions/get-artifact?name=files&version=1&path=MLmodel',
    })
    expect(twin.statusCode).toBe(200)
    for (const path of ['..%2f..%2fx', '%252e%252e/x', '/etc/passwd', 'a%5c..%5cb', 'C:/x']) {
      expect((await get(`name=files&version=1&path=${path}`)).statusCode).toBe(400)
    }
    expect((await get('name=files&version=1&path=none')).statusCode).toBe(404)
    expect((await get('name=files&version=2&path=MLmodel')).statusCode).toBe(404)
    expect((await get('name=files&version=9&path=MLmodel')).statusCode).toBe(404)
    expect((await get('name=files&version=1')).statusCode).toBe(400)
    expect((await ok('GET', '/api/v1/models/files/versions/1/artifacts')).items).toEqual([
      expect.objectContaining({ path: 'MLmodel', is_folder: false }),
    ])
    expect(await ok('GET', '/api/v1/models/files/versions/2/artifacts')).toEqual({ items: [] })
  })
})

describe('sources', () => {
  test('runs:/ and models:/ become the address of the files', async () => {
    await make('sources')
    const downloadUri = async (version: unknown) =>
      (await ok('GET', 'model-versions/get-download-uri', { name: 'sources', version: String(version) })).artifact_uri
    const first = await add('sources', { source: `runs:/${run_id}/model` })
    expect(first).toMatchObject({ run_id, source: `runs:/${run_id}/model` })
    expect(await downloadUri(first.version)).toBe(`${runUri}/model`)
    await ok('POST', 'registered-models/alias', { name: 'sources', alias: 'a', version: '1' })
    for (const source of ['models:/sources/1', 'models:/sources@a', 'models:/sources/None', 'models:/sources/latest']) {
      const copy = await add('sources', { source })
      expect(copy).toMatchObject({ run_id })
      expect(await downloadUri(copy.version)).toBe(`${runUri}/model`)
    }
    const kept = await add('sources', { source: `${runUri}/model`, run_id })
    expect(await downloadUri(kept.version)).toBe(`${runUri}/model`)
    const elsewhere = await add('sources', { source: 's3://bucket/a%20b', run_id: 'any' })
    expect(await downloadUri(elsewhere.version)).toBe('s3://bucket/a%20b')
  })

  test('a logged model gives its files and its run, and must be the one that is named', async () => {
    const { ctx } = suite
    const { experiment_id } = await ensureExperiment({ ctx, input: { name: 'registry' } })
    const { model_id, artifact_uri } = await createLoggedModel({
      ctx,
      input: { experiment_id, name: 'net', source_run_id: run_id },
    })
    await make('logged')
    for (const more of [{}, { model_id }, { model_id, run_id }]) {
      const made = await add('logged', { source: `models:/${model_id}`, ...more })
      expect(made).toMatchObject({ source: `models:/${model_id}`, run_id, model_id })
      const version = String(made.version)
      const { artifact_uri: found } = await ok('GET', 'model-versions/get-download-uri', { name: 'logged', version })
      expect(found).toBe(artifact_uri)
    }
    expect(await add('logged', { source: `${artifact_uri}/part`, model_id })).toMatchObject({ run_id, model_id })
    const own = await ok('POST', '/api/v1/models/logged/versions', { logged_model_id: model_id })
    expect(own).toMatchObject({ logged_model_id: model_id, run_id, version: '5' })
    const { model_id: other } = await createLoggedModel({ ctx, input: { experiment_id } })
    for (const values of [
      { source: `models:/${model_id}`, model_id: other },
      { source: artifact_uri, model_id: other },
      { source: `runs:/${run_id}/model`, model_id },
      { source: `models:/${model_id}/../${other}` },
    ]) {
      expect((await send('POST', 'model-versions/create', { name: 'logged', ...values })).status).toBe(400)
    }
  })

  test.each([
    ['.. in an address of this server', { source: 'mlflow-artifacts:/1/../../etc' }],
    ['.. encoded', { source: 'mlflow-artifacts:/1/%2e%2e/%2e%2e/etc' }],
    ['.. encoded twice', { source: 'mlflow-artifacts:/1/%252e%252e/etc' }],
    ['.. encoded three times, and the slash', { source: 'mlflow-artifacts://host:1/..%25252f..%25252f' }],
    ['.. behind a backslash', { source: 's3://bucket/a\\..\\..\\b' }],
    ['.. encoded without end', { source: `s3://b/%${'25'.repeat(40)}2e%2e/x` }],
    ['NUL', { source: 'http://host/model%00' }],
    ['.. in another store', { source: 's3:/bucket/a/../../b' }],
    ['.. of a file', { source: 'file:///a/../../etc/passwd' }],
    ['.. in wide letters', { source: 's3://bucket/\uff0e\uff0e/x' }],
    ['.. in a run', { source: `runs:/${run_id}/../../x`, run_id }],
    ['.. in a run, encoded', { source: `runs:/${run_id}/%2e%2e/x`, run_id }],
    ['a run of a host', { source: `runs://host/${run_id}/model`, run_id }],
    ['a run without a path', { source: `runs:/${run_id}`, run_id }],
    ['another run', { source: `runs:/${'d'.repeat(32)}/model`, run_id }],
    ['a run that does not exist', { source: `runs:/${'d'.repeat(32)}/model` }],
    ['a folder of another run', { source: 'mlflow-artifacts:/1/other/artifacts/model', run_id }],
    ['the root of this server', { source: 'mlflow-artifacts:/' }],
    ['a local path', { source: '/tmp/model' }],
    ['a local path and a run that keeps its files here', { source: '/tmp/model', run_id }],
    ['a local path and a run that does not exist', { source: '/tmp/model', run_id: 'nope' }],
    ['a relative path', { source: 'model' }],
    ['a path of Windows', { source: 'C:\\models\\x' }],
    ['the files of a server by http', { source: 'http://h/api/2.0/mlflow-artifacts/artifacts/1/x' }],
    ['a model of a host', { source: 'models://host/name/1' }],
    ['a model with too many parts', { source: 'models:/sources/1/x' }],
    ['.. in a model', { source: 'models:/../x' }],
    ['.. after a logged model', { source: `models:/m-${'a'.repeat(32)}/../x` }],
    ['a logged model that does not exist', { source: `models:/m-${'a'.repeat(32)}` }],
    ['another run than that of the version', { source: 'models:/sources/1', run_id: 'd'.repeat(32) }],
    ['a source that is too long', { source: `s3://b/${'x'.repeat(3000)}` }],
    ['a prompt with an address', { source: 's3://b/x', tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] }],
  ])('refuse %s', async (_name, values) => {
    await send('POST', 'registered-models/create', { name: 'refused' })
    const { status, body } = await send('POST', 'model-versions/create', { name: 'refused', ...values })
    expect({ status, body }).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } })
  })

  test('a local path is right where the run keeps its files there', async () => {
    const { ctx } = suite
    const { createExperiment } = await import('../tracking/index.js')
    const input = { name: 'local', artifact_location: 'file:///data/runs' }
    const { experiment_id } = await createExperiment({ ctx, input })
    const { info } = await createRun({ ctx, input: { experiment_id, start_time: 1 } })
    await make('local')
    const source = `${info.artifact_uri.replace('file://', '')}/model`
    expect(await add('local', { source, run_id: info.run_id })).toMatchObject({ source })
    const outside = { name: 'local', source: '/data/runs-other/model', run_id: info.run_id }
    expect((await send('POST', 'model-versions/create', outside)).status).toBe(400)
  })
})

describe('search', () => {
  beforeAll(async () => {
    for (const [index, name] of ['find-a', 'find-b', 'Find-c'].entries()) {
      suite.clock.advance(1000)
      await make(name, [{ key: 'group', value: `g${index}` }])
      await add(name, { run_id: `r${index}`, tags: [{ key: 'kind', value: 'x' }] })
    }
    await add('find-a', { source: 's3://bucket/second' })
    await make('find-prompt', [{ key: 'mlflow.prompt.is_prompt', value: 'true' }])
    const tags = [
      { key: 'mlflow.prompt.is_prompt', value: 'true' },
      { key: 'mlflow.prompt.text', value: 'Hello {{name}}' },
    ]
    await add('find-prompt', { source: 'dummy-source', tags })
  })
  const prompts = "tags.`mlflow.prompt.is_prompt` = 'true'"

  test.each<[string, Body, string[]]>([
    ['like', { filter: "name like 'find-%'" }, ['find-a', 'find-b']],
    ['ilike', { filter: "name ILIKE 'find-%'" }, ['Find-c', 'find-a', 'find-b']],
    ['in', { filter: "name IN ('find-a', 'find-b')" }, ['find-a', 'find-b']],
    ['a tag', { filter: "tags.group = 'g1'" }, ['find-b']],
    ['a tag that differs', { filter: "name like 'find-%' and tag.group != 'g1'" }, ['find-a']],
    ['order', { filter: "name ilike 'find-%'", order_by: 'timestamp DESC' }, ['Find-c', 'find-a', 'find-b']],
    ['prompts', { filter: `${prompts} and name like 'find%'` }, ['find-prompt']],
    ['no prompts', { filter: "name = 'find-prompt'" }, []],
    ['or', { filter: "name = 'find-prompt' or name = 'find-b'" }, ['find-b']],
    [
      'no prompts, in words',
      { filter: "tags.`mlflow.prompt.is_prompt` != 'true' and name like 'find-%'" },
      ['find-a', 'find-b'],
    ],
  ])('models by %s', async (_name, query, names) => {
    const found: { registered_models?: Body[] } = await ok('GET', 'registered-models/search', query)
    expect((found.registered_models ?? []).map(({ name }) => name)).toEqual(names)
  })

  test.each<[string, Body, string[]]>([
    ['name', { filter: "name = 'find-a'" }, ['find-a/2', 'find-a/1']],
    ['runs', { filter: "run_id in ('r0', 'r2')" }, ['Find-c/1', 'find-a/1']],
    ['source', { filter: "source_path like '%second'" }, ['find-a/2']],
    ['number', { filter: "name like 'find-%' and version_number > 1" }, ['find-a/2']],
    [
      'not and parentheses',
      { filter: "name ilike 'find-_' and not (version_number = 1 or tags.none = 'x')" },
      ['find-a/2'],
    ],
    ['a tag that is not there', { filter: "name = 'find-a' and tags.kind is null" }, ['find-a/2']],
    ['tag and order', { filter: "tags.kind = 'x'", order_by: 'name ASC' }, ['Find-c/1', 'find-a/1', 'find-b/1']],
    ['prompts', { filter: `${prompts} and name = 'find-prompt'` }, ['find-prompt/1']],
    ['no prompts', { filter: "name = 'find-prompt'" }, []],
  ])('versions by %s', async (_name, query, names) => {
    const found: { model_versions?: Body[] } = await ok('GET', 'model-versions/search', query)
    expect((found.model_versions ?? []).map(({ name, version }) => `${name}/${version}`)).toEqual(names)
  })

  test('by pages, each row once', async () => {
    const names: unknown[] = []
    let page_token: unknown
    do {
      const page: Body = await ok('GET', 'registered-models/search', {
        max_results: 2,
        filter: "name ilike 'find-%'",
        ...(page_token === undefined ? {} : { page_token }),
      })
      names.push(...(page.registered_models as Body[]).map(({ name }) => name))
      page_token = page.next_page_token
    } while (page_token !== undefined)
    expect(names).toEqual(['Find-c', 'find-a', 'find-b'])
    expect((await ok('GET', '/api/v1/models')).items).not.toContainEqual(
      expect.objectContaining({ name: 'find-prompt' }),
    )
  })

  test.each([
    ['registered-models/search', { max_results: 1001 }],
    ['registered-models/search', { max_results: 0 }],
    ['model-versions/search', { max_results: 200_001 }],
    ['registered-models/search', { filter: "owner = 'x'" }],
    ['registered-models/search', { filter: "params.x = 'x'" }],
    ['registered-models/search', { order_by: 'size' }],
    ['registered-models/search', { page_token: 'x' }],
    ['model-versions/search', { filter: 'version_number > 1.5' }],
    ['model-versions/search', { filter: "(name = 'a' or name = 'b'" }],
    ['model-versions/search', { order_by: 'run_id' }],
  ])('%s refuses %j', async (path, query) => {
    expect((await send('GET', path, query)).status).toBe(400)
  })
})
