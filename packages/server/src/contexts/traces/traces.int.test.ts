import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Method, openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { createExperiment, createRun, deleteExperiment, mountMlflowTracking } from '../tracking/index.js'
import { mountMlflowTraces, mountTraceRoutes, purgeTraces } from './index.js'

let suite: TestApp

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    const contextOf = () => ctx
    mountTraceRoutes(app, { contextOf })
    mountMlflowTraces(app, { contextOf })
    mountMlflowTracking(app, { contextOf })
  })
})
afterAll(() => suite?.close())

const at = (path: string) => (path.startsWith('/') ? path : `/api/3.0/mlflow/${path}`)
const call = (method: Method, path: string, body?: object) => suite.send(method, at(path), body)
const ok = (method: Method, path: string, body?: object) => suite.ok(method, at(path), body)

async function newExperiment(name: string): Promise<string> {
  return (await createExperiment({ ctx: suite.ctx, input: { name } })).experiment_id
}

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0')
const start = 1_795_256_385_000_000_123n
const attribute = (key: string, value: string | number) => ({
  key,
  value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
})

interface SpanMore {
  readonly parent?: number
  readonly name?: string
  readonly ms?: number
  readonly code?: number
  readonly attributes?: readonly object[]
  readonly running?: true
}

const span = (trace: number, id: number, { parent, name = `s${id}`, ms = 10, code = 1, ...more }: SpanMore = {}) => ({
  traceId: hex(trace, 32),
  spanId: hex(id, 16),
  ...(parent === undefined ? {} : { parentSpanId: hex(parent, 16) }),
  name,
  startTimeUnixNano: String(start + BigInt(id) * 1_000_000n),
  ...(more.running === true ? {} : { endTimeUnixNano: String(start + BigInt(id + ms) * 1_000_000n) }),
  attributes: more.attributes ?? [],
  status: { code },
})

async function send(experiment: string, spans: readonly object[], headers: Readonly<Record<string, string>> = {}) {
  const resource = { attributes: [attribute('service.name', 'svc'), attribute('mlflow.own', 'x')] }
  const body = Buffer.from(JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }))
  return suite.app.inject({
    method: 'POST',
    url: '/v1/traces',
    headers: { 'content-type': 'application/json', 'x-mlflow-experiment-id': experiment, ...headers },
    body: headers['content-encoding'] === 'gzip' ? gzipSync(body) : body,
  })
}

const idOf = (trace: number) => `tr-${hex(trace, 32)}`

const info = (trace: number, experiment: string, more: object = {}) => ({
  trace: {
    trace_info: {
      trace_id: idOf(trace),
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } },
      request_time: '2026-11-21T06:31:47.123456Z',
      execution_duration: '1.5s',
      state: 'OK',
      ...more,
    },
  },
})

const search = (experiment: string, filter = '', more: object = {}) =>
  call('POST', 'traces/search', {
    locations: [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } }],
    filter,
    ...more,
  })

async function found(experiment: string, filter: string, more: object = {}): Promise<readonly string[]> {
  const reply = await search(experiment, filter, more)
  expect(reply).toMatchObject({ status: 200 })
  const traces: readonly { readonly trace_id: string }[] = reply.body.traces ?? []
  return traces.map(({ trace_id }) => trace_id)
}

describe('spans', () => {
  test('an export makes a trace, and later ones widen it', async () => {
    const experiment = await newExperiment('spans')
    const child = span(1, 2, { parent: 1, attributes: [attribute('user.id', 'u')] })
    expect((await send(experiment, [child])).statusCode).toBe(200)
    const partial = (await ok('GET', `traces/${idOf(1)}`)).trace.trace_info
    expect(partial).toMatchObject({ state: 'IN_PROGRESS', execution_duration: '0.01s' })
    expect(partial.tags['mlflow.traceName']).toBeUndefined()

    const usage = attribute('gen_ai.usage.input_tokens', 3)
    const output = attribute('gen_ai.usage.output_tokens', 4)
    const root = span(1, 1, {
      name: 'root',
      ms: 100,
      attributes: [attribute('mlflow.spanInputs', 'hé'), usage, output],
    })
    const reply = await send(experiment, [root], { 'content-encoding': 'gzip' })
    expect([reply.statusCode, reply.body]).toEqual([200, '{}'])
    expect((await ok('GET', `traces/${idOf(1)}`)).trace.trace_info).toEqual({
      trace_id: idOf(1),
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } },
      request_preview: '"hé"',
      request_time: '2026-11-21T10:19:45.001Z',
      execution_duration: '0.1s',
      state: 'OK',
      trace_metadata: {
        'mlflow.trace.user': 'u',
        'mlflow.trace.tokenUsage': '{"input_tokens":3,"output_tokens":4,"total_tokens":7}',
      },
      tags: {
        'service.name': 'svc',
        'mlflow.traceName': 'root',
        'mlflow.trace.spansLocation': 'TRACKING_STORE',
        'mlflow.artifactLocation': `mlflow-artifacts:/${experiment}/traces/${idOf(1)}/artifacts`,
      },
    })
  })

  test('spans come back as they were, roots first', async () => {
    const { trace } = await ok('GET', `traces/get?trace_id=${idOf(1)}&allow_partial=False`)
    expect(trace.spans.map(({ name }: { name: string }) => name)).toEqual(['root', 's2'])
    expect(trace.spans[0]).toMatchObject({
      trace_id: Buffer.from(hex(1, 32), 'hex').toString('base64'),
      start_time_unix_nano: '1795256385001000123',
      status: { code: 'STATUS_CODE_OK' },
    })
    expect(trace.spans[0].attributes).toContainEqual({ key: 'mlflow.spanInputs', value: { string_value: 'hé' } })
  })

  test('a span that comes again replaces the old one', async () => {
    const experiment = await newExperiment('again')
    await send(experiment, [span(2, 1, { running: true }), span(2, 2, { parent: 1 })])
    await send(experiment, [span(2, 1, { name: 'done', code: 2 }), span(2, 1, { name: 'last', code: 2 })])
    const { trace } = await ok('GET', `traces/get?trace_id=${idOf(2)}`)
    expect(trace.spans.map(({ name }: { name: string }) => name)).toEqual(['last', 's2'])
    const { items } = await ok('GET', `/api/v1/traces?experiment_id=${experiment}`)
    expect(items).toMatchObject([{ id: idOf(2), span_count: 2 }])
  })

  test('one export may hold many traces', async () => {
    const experiment = await newExperiment('many')
    await send(
      experiment,
      Array.from({ length: 300 }, (_, index) => span(1000 + index, 1)),
    )
    const asked = [5, 3, 9999, 4].map((index) => `trace_ids=${idOf(1000 + index)}`).join('&')
    const { traces } = await ok('GET', `traces/batchGet?${asked}`)
    expect(traces.map((one: { trace_info: { trace_id: string } }) => one.trace_info.trace_id)).toEqual(
      [1005, 1003, 1004].map(idOf),
    )
    expect(await ok('GET', `traces/batchGet?trace_ids=none`)).toEqual({})
  })

  test('exports of one trace at once lose nothing', async () => {
    const experiment = await newExperiment('at once')
    const exports = Array.from({ length: 20 }, (_, index) =>
      send(experiment, [span(3, index + 2, { parent: 1 }), span(4, index + 2, { parent: 1 })]),
    )
    const whole = call('POST', 'traces', info(3, experiment))
    const replies = await Promise.all([...exports, send(experiment, [span(3, 1), span(4, 1)])])
    expect(replies.map(({ statusCode }) => statusCode)).toEqual(replies.map(() => 200))
    expect((await whole).status).toBe(200)
    for (const trace of [3, 4]) {
      const { span_count, spans } = await ok('GET', `/api/v1/traces/${idOf(trace)}`)
      expect([span_count, spans.length]).toEqual([21, 21])
    }
    expect((await ok('GET', `traces/${idOf(3)}`)).trace.trace_info).toMatchObject({ execution_duration: '1.5s' })
  })

  test('what is wrong with an export is the fault of the client', async () => {
    const experiment = await newExperiment('wrong')
    const spans = [span(5, 1)]
    const codes = async (headers: Readonly<Record<string, string>>, id = experiment) => {
      const reply = await send(id, spans, headers)
      return [reply.statusCode, reply.json().error_code]
    }
    const refused = [400, 'INVALID_PARAMETER_VALUE']
    expect(await codes({}, '')).toEqual(refused)
    expect(await codes({}, 'x')).toEqual(refused)
    expect(await codes({}, '99999')).toEqual([404, 'RESOURCE_DOES_NOT_EXIST'])
    expect(await codes({ 'content-type': 'text/plain' })).toEqual(refused)
    expect(await codes({ 'content-encoding': 'br' })).toEqual(refused)
    expect(await codes({ 'content-type': 'application/x-protobuf' })).toEqual(refused)
    expect((await send(experiment, [])).statusCode).toBe(400)
    expect((await send(experiment, [{ ...span(5, 1), startTimeUnixNano: '9'.repeat(20) }])).statusCode).toBe(400)
    const bomb = await suite.app.inject({
      method: 'POST',
      url: '/v1/traces',
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'gzip',
        'x-mlflow-experiment-id': experiment,
      },
      body: gzipSync(Buffer.alloc(65 * 1024 * 1024)),
    })
    expect(bomb.statusCode).toBe(413)
    const brackets = { 'content-type': 'application/json', 'x-mlflow-experiment-id': experiment }
    const deep = await suite.app.inject({
      method: 'POST',
      url: '/v1/traces',
      headers: brackets,
      body: '['.repeat(30_000_000),
    })
    expect(deep.json().message).toContain('too deep')
    await deleteExperiment({ ctx: suite.ctx, input: { experiment_id: experiment } })
    expect(await codes({})).toEqual(refused)
    expect((await suite.app.inject({ url: '/v1/traces' })).json()).toMatchObject({ error_code: 'ENDPOINT_NOT_FOUND' })
    expect(await call('GET', 'scorers/list')).toMatchObject({ status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND' } })
  })

  test('the spans can be read as the traces.json of both generations', async () => {
    const url = `/ajax-api/2.0/mlflow/get-trace-artifact?request_id=${idOf(1)}`
    const file = await suite.app.inject({ url })
    expect(file.headers['content-disposition']).toContain('attachment')
    expect(file.body).toContain('"start_time_unix_nano":1795256385001000123')
    const [root, child] = file.json().spans
    expect(root).toMatchObject({ name: 'root', status: { code: 'STATUS_CODE_OK' } })
    expect(root.attributes).toMatchObject({
      'mlflow.spanInputs': '"hé"',
      'mlflow.traceRequestId': `"${idOf(1)}"`,
    })
    expect(child.parent_span_id).toBe(root.span_id)

    const { trace } = await ok('GET', `traces/${idOf(1)}`)
    const experiment = trace.trace_info.trace_location.mlflow_experiment.experiment_id
    const path = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/traces/${idOf(1)}/artifacts/traces.json`
    const old = await ok('GET', path)
    expect(old.request).toBe('"hé"')
    expect(old.spans[0]).toMatchObject({ name: 'root', context: { span_id: `0x${hex(1, 16)}` }, parent_id: null })
    expect(old.spans[1]).toMatchObject({ parent_id: `0x${hex(1, 16)}`, status_code: 'OK' })

    const headers = { 'content-type': 'application/json' }
    await suite.app.inject({ method: 'PUT', url: path, headers, body: '{"spans":[],"mine":1}' })
    expect(await ok('GET', path)).toEqual({ spans: [], mine: 1 })
    const asOld = await suite.app.inject({ url: path, headers: { 'user-agent': 'mlflow-python-client/2.16.2' } })
    expect(asOld.json().spans).toHaveLength(2)
    expect((await call('GET', path.replace(idOf(1), 'none'))).status).toBe(404)
  })
})

describe('version 3', () => {
  test('a client tells a whole trace, and the same again changes nothing', async () => {
    const experiment = await newExperiment('v3')
    const body = info(10, experiment, {
      client_request_id: 'c1',
      request_preview: 'in',
      trace_metadata: { 'mlflow.trace.sizeStats': '{"num_spans": 2}' },
      tags: { 'mlflow.traceName': 'one', team: 'a' },
      assessments: [
        { assessment_name: 'ok', source: { source_type: 'HUMAN', source_id: 'me' }, feedback: { value: 1 } },
      ],
    })
    const first = (await ok('POST', 'traces', body)).trace.trace_info
    expect(first).toMatchObject({
      client_request_id: 'c1',
      request_time: '2026-11-21T06:31:47.123Z',
      execution_duration: '1.5s',
      tags: { team: 'a', 'mlflow.traceName': 'one' },
      assessments: [{ assessment_name: 'ok', feedback: { value: 1 }, valid: true, trace_id: idOf(10) }],
    })
    await send(experiment, [span(10, 1)])
    expect(await call('GET', `traces/get?trace_id=${idOf(10)}`)).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining('not fully exported yet') },
    })
    expect((await ok('GET', `traces/get?trace_id=${idOf(10)}&allow_partial=true`)).trace.spans).toHaveLength(1)
    expect(await ok('GET', `traces/batchGet?trace_ids=${idOf(10)}`)).toEqual({})
    await send(experiment, [span(10, 2, { parent: 1 })])
    expect((await ok('GET', `traces/get?trace_id=${idOf(10)}`)).trace.spans).toHaveLength(2)
    const { trace_infos } = await ok('POST', 'traces/batchGetInfos', { trace_ids: [idOf(10), 'none'] })
    expect(trace_infos).toMatchObject([{ trace_id: idOf(10), execution_duration: '1.5s' }])
    expect(await ok('POST', 'traces/batchGetInfos', { trace_ids: [idOf(10)], experiment_ids: ['0'] })).toEqual({})
  })

  test.each([
    [{}, /trace/],
    [{ trace: { trace_info: {} } }, /trace_location/],
    [info(11, '0', { request_time: 'yesterday' }), /request_time/],
    [info(11, '0', { execution_duration: 5 }), /execution_duration/],
    [info(11, '0', { state: 'GOOD' }), /state/],
    [info(11, '0', { trace_id: '../x' }), /trace_id/],
    [info(11, '0', { tags: { a: 5 } }), /tags\.a/],
    [info(11, '0', { tags: { [`k${'x'.repeat(300)}`]: 'v' } }), /250/],
    [info(11, 'x'), /experiment_id/],
    [info(11, '0', { assessments: [{ assessment_name: 'a' }] }), /feedback/],
  ])('%# is refused', async (body, message) => {
    expect(await call('POST', 'traces', body)).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringMatching(message) },
    })
  })

  test('tags are set and removed; where the spans are cannot be said', async () => {
    const experiment = await newExperiment('tags')
    await ok('POST', 'traces', info(12, experiment))
    const path = `traces/${idOf(12)}/tags`
    await ok('PATCH', path, { key: 'a', value: 'x\ud800' })
    await ok('PATCH', `/api/2.0/mlflow/${path}`, { key: 'mlflow.traceName', value: 'named' })
    expect((await ok('GET', `traces/${idOf(12)}`)).trace.trace_info.tags).toMatchObject({ a: 'x\ufffd' })
    expect(await found(experiment, "name = 'named'")).toEqual([idOf(12)])
    await ok('DELETE', path, { key: 'a' })
    expect(await call('DELETE', path, { key: 'a' })).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining("No trace tag with key 'a'") },
    })
    expect((await call('PATCH', path, { key: 'mlflow.trace.spansLocation', value: 'x' })).status).toBe(400)
    expect((await call('PATCH', 'traces/none/tags', { key: 'a' })).status).toBe(404)
    const { rows } = await sql<{ payload: { change: string } }>`
      select payload from events where subject = ${`traces/${idOf(12)}`} order by id
    `.execute(suite.ctx.db)
    expect(rows.map(({ payload }) => payload.change)).toEqual(['tag a', 'tag mlflow.traceName', 'tag a removed'])
  })

  test('server-info says what there is', async () => {
    for (const root of ['/api', '/ajax-api']) {
      expect(await ok('GET', `${root}/3.0/mlflow/server-info`)).toEqual({
        store_type: 'SqlStore',
        workspaces_enabled: false,
      })
    }
  })
})

test('version 2: a trace is opened and closed, and both versions see it', async () => {
  const experiment = await newExperiment('v2')
  const root = '/api/2.0/mlflow/traces'
  const opened = (
    await ok('POST', root, {
      experiment_id: experiment,
      timestamp_ms: '1000',
      request_metadata: [{ key: 'm', value: '1' }],
      tags: [{ key: 'mlflow.traceName', value: 'old' }],
    })
  ).trace_info
  expect(opened).toMatchObject({ status: 'IN_PROGRESS', timestamp_ms: 1000, execution_time_ms: 0 })
  const id = opened.request_id
  expect(id).toMatch(/^[0-9a-f]{32}$/)
  expect(opened.tags).toContainEqual({
    key: 'mlflow.artifactLocation',
    value: `mlflow-artifacts:/${experiment}/traces/${id}/artifacts`,
  })
  const closed = (
    await ok('PATCH', `${root}/${id}`, {
      timestamp_ms: 1500,
      status: 'ERROR',
      request_metadata: [{ key: 'n', value: '2' }],
      tags: [{ key: 't', value: 'u' }],
    })
  ).trace_info
  expect(closed).toMatchObject({ status: 'ERROR', execution_time_ms: 500 })
  expect((await ok('GET', `${root}/${id}/info`)).trace_info).toEqual(closed)
  const listed = await ok(
    'GET',
    `${root}?experiment_ids=${experiment}&filter=${encodeURIComponent("status = 'ERROR'")}`,
  )
  expect(listed.traces).toEqual([closed])
  expect((await ok('GET', `traces/${id}`)).trace.trace_info).toMatchObject({
    state: 'ERROR',
    execution_duration: '0.5s',
    trace_metadata: { m: '1', n: '2' },
  })
  expect((await call('PATCH', `${root}/none`, { timestamp_ms: 1, status: 'OK' })).status).toBe(404)
  expect((await call('PATCH', `${root}/${id}`, { timestamp_ms: 1, status: 'GOOD' })).status).toBe(400)
  expect((await call('GET', root)).status).toBe(400)
})

describe('search', () => {
  let experiment: string
  let run: string
  beforeAll(async () => {
    experiment = await newExperiment('search')
    run = (await createRun({ ctx: suite.ctx, input: { experiment_id: experiment } })).info.run_id
    const tell = (trace: number, second: number, more: object) =>
      ok('POST', 'traces', info(trace, experiment, { request_time: `2026-11-21T06:00:0${second}Z`, ...more }))
    await tell(20, 1, { tags: { 'mlflow.traceName': 'chat', team: 'a' }, trace_metadata: { 'mlflow.sourceRun': run } })
    await tell(21, 2, { tags: { 'mlflow.traceName': 'chat', team: 'b' }, state: 'ERROR', execution_duration: '9s' })
    await tell(22, 3, {
      tags: { 'mlflow.traceName': 'other' },
      client_request_id: 'c-22',
      execution_duration: undefined,
    })
    await send(experiment, [
      span(20, 1, { name: 'call', attributes: [attribute('mlflow.spanType', 'LLM'), attribute('model', 'gpt-4')] }),
      span(20, 2, { parent: 1, name: 'tool', attributes: [attribute('note', 'needle in hay')] }),
    ])
    await ok('POST', 'traces/link-to-run', { trace_ids: [idOf(22), 'none'], run_id: run })
    await ok('POST', 'traces/link-prompts', {
      trace_id: idOf(21),
      prompt_versions: [{ name: 'p', version: '3' }],
    })
    const assess = (name: string, value: unknown) =>
      ok('POST', `traces/${idOf(20)}/assessments`, {
        assessment: { assessment_name: name, source: { source_type: 'CODE', source_id: 's' }, feedback: { value } },
      })
    await assess('score', 0.75)
    await assess('good', true)
    await assess('word', 'yes')
  })

  test.each<[string, readonly number[]]>([
    ['', [22, 21, 20]],
    ["trace.status = 'ERROR'", [21]],
    ["attributes.name = 'chat'", [21, 20]],
    ["name LIKE 'oth%'", [22]],
    ["name ILIKE 'OTH%'", [22]],
    ["name RLIKE '^(chat|x)$'", [21, 20]],
    ["status IN ('OK')", [22, 20]],
    ["request_id NOT IN ('x')", [22, 21, 20]],
    ["tags.team = 'a'", [20]],
    ["tag.team != 'a'", [21]],
    ['tag.team IS NULL', [22]],
    ['tag.team IS NOT NULL', [21, 20]],
    ["metadata.none = 'x'", []],
    ['timestamp_ms >= 1795240802000', [22, 21]],
    ['execution_time > 5000', [21]],
    ['end_time_ms > 1795240810000', [21]],
    ["client_request_id = 'c-22'", [22]],
    ["prompt = 'p/3'", [21]],
    ["span.name = 'call' AND span.type = 'LLM'", [20]],
    ["span.name = 'tool' AND span.type = 'LLM'", []],
    ["span.attributes.model RLIKE '^gpt'", [20]],
    ["span.attributes.model = 'gpt'", []],
    ["text LIKE '%needle in%'", [20]],
    ["span.content ILIKE '%NEEDLE%'", [20]],
    ['feedback.score > 0.7', [20]],
    ['feedback.score > 0.8', []],
    ['feedback.good = 1', []],
    ["feedback.good = 'true'", [20]],
    ["feedback.word = 'yes'", [20]],
    ["feedback.word != 'yes'", []],
    ['feedback.score IS NULL', [22, 21]],
    ["expectation.score = '1'", []],
    ["tags.team = 'a' or client_request_id = 'c-22'", [22, 20]],
    ["not tags.team = 'a'", [22, 21]],
  ])('%s', async (filter, traces) => {
    expect(await found(experiment, filter)).toEqual(traces.map(idOf))
  })

  test('by the run that a trace came from or was linked to', async () => {
    expect(await found(experiment, `run_id = '${run}'`)).toEqual([22, 20].map(idOf))
    expect(await found(experiment, `metadata.\`mlflow.sourceRun\` IN ('${run}')`)).toEqual([22, 20].map(idOf))
  })

  test.each<[readonly string[], readonly number[]]>([
    [['timestamp ASC'], [20, 21, 22]],
    [['execution_time DESC'], [21, 20, 22]],
    [['execution_time_ms ASC'], [20, 21, 22]],
    [
      ['name', 'timestamp_ms'],
      [20, 21, 22],
    ],
    [['tag.team DESC'], [21, 20, 22]],
    [['status'], [21, 22, 20]],
  ])('ordered by %s', async (order_by, traces) => {
    expect(await found(experiment, '', { order_by })).toEqual(traces.map(idOf))
  })

  test('page by page, over several experiments', async () => {
    const other = await newExperiment('search two')
    await ok('POST', 'traces', info(23, other, { request_time: '2026-11-21T06:00:09Z' }))
    const locations = [experiment, other].map((id) => ({ mlflow_experiment: { experiment_id: id } }))
    const first = await ok('POST', 'traces/search', { locations, max_results: 3 })
    expect(first.traces).toHaveLength(3)
    const rest = await ok('POST', 'traces/search', { locations, max_results: 3, page_token: first.next_page_token })
    expect(rest).toMatchObject({ traces: [{ trace_id: idOf(20) }] })
    expect(rest.next_page_token).toBeUndefined()
  })

  test.each([
    'foo.bar = 1',
    'status',
    "span.foo = 'x'",
    "text = 'x'",
    "name RLIKE '('",
    `name RLIKE '${'x'.repeat(2000)}'`,
    'name > 5',
    "timestamp = 'x'",
    "prompt LIKE 'x'",
    "prompt = 'x'",
    "issue.name = 'x'",
    'max(metrics.a) > 1',
    'span.name IS NULL',
  ])('%s is refused', async (filter) => {
    expect(await search(experiment, filter)).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE' },
    })
  })

  test('other wrong requests are refused', async () => {
    expect((await call('POST', 'traces/search', {})).status).toBe(400)
    expect((await search('x')).status).toBe(400)
    for (const more of [
      { max_results: 0 },
      { max_results: 501 },
      { page_token: 'x' },
      { order_by: ['span.name'] },
      { order_by: ['name', 'name'] },
    ]) {
      expect((await search(experiment, '', more)).status).toBe(400)
    }
  })

  test('pages get traces and spans in their own form', async () => {
    const { items } = await ok('GET', `/api/v1/traces?experiment_id=${experiment}&order_by=timestamp&limit=1`)
    expect(items).toMatchObject([
      {
        id: idOf(20),
        name: 'chat',
        state: 'OK',
        duration_ms: 1500,
        span_count: 2,
        started_at: '2026-11-21T06:00:01.000Z',
        assessments: [
          { name: 'score', value: 0.75, kind: 'feedback' },
          { name: 'good', value: true },
          { name: 'word', value: 'yes' },
        ],
      },
    ])
    const detail = await ok('GET', `/api/v1/traces/${idOf(20)}`)
    expect(detail.spans).toMatchObject([
      { id: hex(1, 16), name: 'call', type: 'LLM', status: 'OK', offset_ms: 0, duration_ms: 10 },
      { id: hex(2, 16), parent_id: hex(1, 16), offset_ms: 1, attributes: { note: 'needle in hay' } },
    ])
    expect(await call('GET', '/api/v1/traces/none')).toMatchObject({ status: 404, body: { code: 'trace_not_found' } })
  })

  test('metrics are grouped, and wrong questions refused', async () => {
    const metrics = (body: object) => call('POST', 'traces/metrics', { experiment_ids: [experiment], ...body })
    const ask = { view_type: 'TRACES', metric_name: 'trace_count', aggregations: [{ aggregation_type: 'COUNT' }] }
    expect((await metrics({ ...ask, dimensions: ['trace_status'] })).body.data_points).toEqual([
      { metric_name: 'trace_count', dimensions: { trace_status: 'ERROR' }, values: { COUNT: 1 } },
      { metric_name: 'trace_count', dimensions: { trace_status: 'OK' }, values: { COUNT: 2 } },
    ])
    const latency = {
      view_type: 1,
      metric_name: 'latency',
      aggregations: [
        { aggregation_type: 'AVG' },
        { aggregation_type: 'PERCENTILE', percentile_value: 50 },
        { aggregation_type: 6 },
      ],
      filters: ["trace.tag.team = 'b'"],
    }
    expect((await metrics(latency)).body.data_points).toEqual([
      { metric_name: 'latency', dimensions: {}, values: { AVG: 9000, 'P50.0': 9000, MAX: 9000 } },
    ])
    const spans = { ...ask, view_type: 'SPANS', metric_name: 'span_count', dimensions: ['span_type'] }
    expect((await metrics({ ...spans, filters: ["span.name = 'call'"] })).body.data_points).toEqual([
      { metric_name: 'span_count', dimensions: { span_type: 'LLM' }, values: { COUNT: 1 } },
    ])
    const values = { view_type: 'ASSESSMENTS', metric_name: 'assessment_value', dimensions: ['assessment_name'] }
    expect(
      (await metrics({ ...values, aggregations: [{ aggregation_type: 'AVG' }] })).body.data_points.map(
        (point: { values: object }) => point.values,
      ),
    ).toEqual([{ AVG: 1 }, { AVG: 0.75 }, { AVG: 1 }])
    const times = { time_interval_seconds: 60, start_time_ms: 0, end_time_ms: 2e12 }
    expect((await metrics({ ...ask, ...times })).body.data_points).toEqual([
      { metric_name: 'trace_count', dimensions: { time_bucket: '2026-11-21T06:00:00+00:00' }, values: { COUNT: 3 } },
    ])
    for (const wrong of [
      { ...ask, metric_name: 'x' },
      { ...ask, dimensions: ['span_name'] },
      { ...ask, aggregations: [{ aggregation_type: 'SUM' }] },
      { ...ask, aggregations: [] },
      { ...latency, aggregations: [{ aggregation_type: 'PERCENTILE' }] },
      { ...ask, time_interval_seconds: 60 },
      { ...ask, filters: ["span.name = 'x'"] },
    ]) {
      expect((await metrics(wrong)).status).toBe(400)
    }
  })

  test('two filters are correlated', async () => {
    const ask = (filter_string1: string, filter_string2: string) =>
      ok('POST', 'traces/calculate-filter-correlation', {
        experiment_ids: [experiment],
        filter_string1,
        filter_string2,
      })
    const counts = { filter1_count: 2, filter2_count: 2, joint_count: 1, total_count: 3 }
    // ln((1/3) / (4/9)) / -ln(1/3)
    expect(await ask("name = 'chat'", "status = 'OK'")).toMatchObject({ ...counts, npmi: expect.closeTo(-0.26186, 4) })
    expect(await ask("name = 'none'", "status = 'OK'")).toMatchObject({ npmi: 'NaN', npmi_smoothed: 'NaN' })
    expect(await ask("name = 'other'", "status = 'ERROR'")).toMatchObject({ npmi: -1, joint_count: 0 })
  })
})

describe('assessments', () => {
  let path: string
  const feedback = (value: unknown, more: object = {}) => ({
    assessment: {
      assessment_name: 'f',
      source: { source_type: 'HUMAN', source_id: 'me' },
      feedback: { value },
      ...more,
    },
  })
  beforeAll(async () => {
    await ok('POST', 'traces', info(30, await newExperiment('assessments')))
    path = `traces/${idOf(30)}/assessments`
  })

  test.each([[true], [0.5], ['text'], [null], [{ a: [1, 'x\0\ud800'] }]])('value %j comes back', async (value) => {
    const { assessment } = await ok('POST', path, feedback(value))
    expect((await ok('GET', `${path}/${assessment.assessment_id}`)).assessment.feedback.value).toEqual(value)
  })

  test('an expectation may be serialised by the client', async () => {
    const value = { serialization_format: 'JSON_FORMAT', value: '{"a": 1}' }
    const body = feedback(undefined)
    const { feedback: _, ...rest } = body.assessment
    const { assessment } = await ok('POST', path, { assessment: { ...rest, expectation: { serialized_value: value } } })
    expect(assessment.expectation).toEqual({ serialized_value: value })
    const broken = { serialization_format: 'JSON_FORMAT', value: '{' }
    const reply = await call('POST', path, { assessment: { ...rest, expectation: { serialized_value: broken } } })
    expect(reply.status).toBe(400)
  })

  test('one that overrides another makes it invalid, until it is deleted', async () => {
    const first = (await ok('POST', path, feedback(1))).assessment.assessment_id
    const second = (await ok('POST', path, feedback(2, { overrides: first }))).assessment.assessment_id
    const isValid = async () => (await ok('GET', `${path}/${first}`)).assessment.valid
    expect(await isValid()).toBe(false)
    await ok('DELETE', `${path}/${second}`)
    expect(await isValid()).toBe(true)
    expect(await ok('DELETE', `${path}/${second}`)).toEqual({})
    expect((await call('POST', path, feedback(2, { overrides: 'a-none' }))).status).toBe(404)
  })

  test('what the mask names is changed, metadata are added', async () => {
    const made = (await ok('POST', path, feedback(1, { rationale: 'why', metadata: { a: 'b' } }))).assessment
    const change = (update_mask: unknown, assessment: object) =>
      call('PATCH', `${path}/${made.assessment_id}`, { assessment, update_mask })
    const values = { assessment_name: 'g', feedback: { value: 5 }, metadata: { c: 'd' }, rationale: 'no' }
    const changed = await change('assessmentName,feedback,metadata', values)
    expect(changed.body.assessment).toMatchObject({
      assessment_name: 'g',
      feedback: { value: 5 },
      metadata: { a: 'b', c: 'd' },
      rationale: 'why',
    })
    expect((await change({ paths: ['valid'] }, { valid: false })).body.assessment.valid).toBe(false)
    expect((await change('expectation', { expectation: { value: 1 } })).status).toBe(400)
    expect((await change(undefined, values)).status).toBe(400)
  })

  test('wrong ones are refused', async () => {
    const nested = `{"assessment":{"assessment_name":"f","feedback":{"value":${'['.repeat(20_000)}${']'.repeat(20_000)}}}}`
    const headers = { 'content-type': 'application/json' }
    const reply = await suite.app.inject({ method: 'POST', url: `/api/3.0/mlflow/${path}`, headers, body: nested })
    expect(reply.statusCode).toBe(400)
    for (const body of [
      {},
      { assessment: {} },
      feedback(1, { expectation: { value: 1 } }),
      feedback(1, { assessment_name: '' }),
      feedback(1, { source: { source_type: 'GOD' } }),
      feedback('x'.repeat(2 * 1024 * 1024)),
    ]) {
      expect((await call('POST', path, body)).status).toBe(400)
    }
    expect((await call('POST', 'traces/none/assessments', feedback(1))).status).toBe(404)
    expect((await call('GET', `${path}/a-none`)).body.message).toContain("Assessment with ID 'a-none' not found")
    expect((await call('GET', 'traces/none/assessments/a-none')).body.message).toContain('Trace with ID')
  })
})

describe('deletion', () => {
  const left = async () => {
    const { rows } = await sql<{ traces: number; spans: number; links: number; assessments: number }>`
      select (select count(*) from traces where experiment_id = ${experiment}::bigint) as traces,
        (select count(*) from trace_spans where trace_id like ${`${idOf(0x40).slice(0, -2)}4%`}) as spans,
        (select count(*) from trace_links where trace_id like ${`${idOf(0x40).slice(0, -2)}4%`}) as links,
        (select count(*) from trace_assessments where trace_id like ${`${idOf(0x40).slice(0, -2)}4%`}) as assessments
    `.execute(suite.ctx.db)
    return rows[0]
  }
  let experiment: string
  beforeAll(async () => {
    experiment = await newExperiment('deletion')
    await send(
      experiment,
      Array.from({ length: 8 }, (_, index) => span(0x40 + index, index)),
    )
    const run = await createRun({ ctx: suite.ctx, input: { experiment_id: experiment } })
    await ok('POST', 'traces/link-to-run', { trace_ids: [idOf(0x40)], run_id: run.info.run_id })
    await ok('POST', `traces/${idOf(0x40)}/assessments`, {
      assessment: { assessment_name: 'f', feedback: { value: 1 } },
    })
  })

  test('by ids, only of the experiment', async () => {
    const remove = (body: object) => ok('POST', 'traces/delete-traces', body)
    const path = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/traces/${idOf(0x40)}/artifacts/traces.json`
    await suite.app.inject({ method: 'PUT', url: path, headers: { 'content-type': 'application/json' }, body: '{}' })
    expect(await remove({ experiment_id: '0', request_ids: [idOf(0x40)] })).toEqual({ traces_deleted: 0 })
    expect(await left()).toEqual({ traces: 8, spans: 8, links: 1, assessments: 1 })
    expect(await remove({ experiment_id: experiment, request_ids: [idOf(0x40), 'x'] })).toEqual({ traces_deleted: 1 })
    expect(await left()).toEqual({ traces: 7, spans: 7, links: 0, assessments: 0 })
    expect((await call('GET', path)).status).toBe(404)
    expect((await call('GET', `traces/${idOf(0x40)}`)).status).toBe(404)
  })

  test('the oldest first, up to a moment', async () => {
    const old = '/api/2.0/mlflow/traces/delete-traces'
    const body = { experiment_id: experiment, max_timestamp_millis: Number(start / 1_000_000n) + 4, max_traces: 2 }
    expect(await ok('POST', old, body)).toEqual({ traces_deleted: 2 })
    expect(await found(experiment, '')).toEqual([0x47, 0x46, 0x45, 0x44, 0x43].map(idOf))
    expect(await ok('POST', old, { ...body, max_traces: undefined })).toEqual({ traces_deleted: 2 })
    expect(await left()).toMatchObject({ traces: 3, spans: 3 })
  })

  test('what to delete must be said', async () => {
    for (const body of [
      {},
      { experiment_id: experiment },
      { experiment_id: experiment, max_traces: 1 },
      { experiment_id: experiment, max_timestamp_millis: 1, request_ids: ['x'] },
      { experiment_id: experiment, request_ids: ['x'], max_traces: 1 },
      { experiment_id: 'x', request_ids: ['x'] },
    ]) {
      expect((await call('POST', 'traces/delete-traces', body)).status).toBe(400)
    }
  })

  test('traces of a deleted experiment are read until they are purged', async () => {
    await deleteExperiment({ ctx: suite.ctx, input: { experiment_id: experiment } })
    expect(await found(experiment, '')).toHaveLength(3)
    expect(await purgeTraces(suite.ctx, [experiment])).toBe(3)
    expect(await left()).toEqual({ traces: 0, spans: 0, links: 0, assessments: 0 })
  })
})
