import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestApp, type TestApp } from '../../../test/support/test-app.js'
import {
  createRun,
  deleteExperiment,
  deleteRun,
  ensureExperiment,
  logBatch,
  logInputs,
  mountMlflowTracking,
  mountTrackingRoutes,
  setExperimentTag,
  updateRun,
} from './index.js'

let suite: TestApp
let experiment = ''
let crowd = ''
const runs: string[] = []

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    mountTrackingRoutes(app, { contextOf: () => ctx, modelVersionsOf: async () => new Map() })
    mountMlflowTracking(app, { contextOf: () => ctx })
  })
  const { ctx } = suite
  experiment = (await ensureExperiment({ ctx, input: { name: 'search' } })).experiment_id
  await setExperimentTag({ ctx, input: { experiment_id: experiment, key: 'team', value: 'core' } })
  for (const [index, name] of ['=1+1', 'two; "quoted"', 'three'].entries()) {
    const start = Date.UTC(2026, 10, 21, 6, 0, index)
    const { info } = await createRun({
      ctx,
      input: { experiment_id: experiment, run_name: name, start_time: start, user_id: 'me' },
    })
    const { run_id } = info
    runs.push(run_id)
    await logBatch({
      ctx,
      input: {
        run_id,
        params: [
          { key: 'lr', value: `0.${index + 1}` },
          { key: 'kind', value: index === 2 ? 'b' : '-a' },
        ],
        metrics: [
          { key: 'acc', value: index / 2, timestamp: 1, step: 0 },
          { key: 'acc', value: index === 1 ? Number.NaN : index, timestamp: 2, step: 1 },
        ],
        tags: [{ key: 'note', value: 'one\ntwo' }],
      },
    })
    if (index === 0) await updateRun({ ctx, input: { run_id, status: 'FINISHED', end_time: start + 1500 } })
  }
  crowd = (await ensureExperiment({ ctx, input: { name: 'crowd' } })).experiment_id
  await sql`
    insert into runs (id, experiment_id, name, status, start_ms, artifact_uri)
    select 'crowd' || lpad(i::text, 4, '0'), ${crowd}::bigint, 'c' || i, 'FINISHED', i, 'x' from generate_series(1, 2500) i
  `.execute(ctx.db)
  await sql`insert into params select id, 'p', name from runs where experiment_id = ${crowd}::bigint`.execute(ctx.db)
})
afterAll(() => suite?.close())

const get = (url: string) => suite.app.inject({ url })
const post = (url: string, body: object) => suite.app.inject({ method: 'POST', url, body })

describe('runs of our own API', () => {
  test('are found by filter and order, with the fields asked for', async () => {
    const body = {
      experiment_ids: [experiment],
      filter: "max(metrics.acc) >= 0.5 and not params.kind = 'b' or run_name = '=1+1'",
      order_by: ['params.lr DESC'],
      params: ['lr'],
      tags: 'none',
      with_total: true,
    }
    const reply = await post('/api/v1/runs/search', body)
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(reply.json()).toEqual({
      items: [
        expect.objectContaining({
          id: runs[1],
          params: { lr: '0.2' },
          tags: {},
          metrics: { acc: { value: 'NaN', step: 1, timestamp_ms: 2, count: 2, min: 0.5, max: 0.5, mean: 0.5 } },
          is_deleted: false,
        }),
        expect.objectContaining({ id: runs[0], params: { lr: '0.1' }, duration_ms: 1500, status: 'FINISHED' }),
      ],
      total: 2,
    })
  })

  test('come page by page', async () => {
    const first = (await post('/api/v1/runs/search', { experiment_ids: [experiment], limit: 2 })).json()
    expect(first.items.map(({ id }: { id: string }) => id)).toEqual([runs[2], runs[1]])
    const body = { experiment_ids: [experiment], limit: 2, page_token: first.next_page_token }
    const second = (await post('/api/v1/runs/search', body)).json()
    expect(second).toEqual({ items: [expect.objectContaining({ id: runs[0] })] })
    const other = await post('/api/v1/runs/search', { ...body, filter: 'metrics.acc > 0' })
    expect([other.statusCode, other.json().code]).toEqual([400, 'page_token_invalid'])
  })

  test('of every experiment are found and counted', async () => {
    expect((await post('/api/v1/runs/count', {})).json()).toEqual({ count: 2503 })
    expect((await post('/api/v1/runs/count', { filter: "params.p like 'c1%'" })).json()).toEqual({ count: 1111 })
    const { items } = (await post('/api/v1/runs/search', { limit: 1 })).json()
    expect(items[0].id).toBe(runs[2])
  })

  test('are grouped', async () => {
    const reply = await post('/api/v1/runs/groups', {
      experiment_ids: [experiment],
      by: ['params.kind', 'status'],
      metrics: ['acc'],
    })
    expect(reply.json()).toEqual({
      items: [
        { values: ['-a', 'FINISHED'], run_count: 1, metrics: { acc: { count: 1, mean: 0, min: 0, max: 0 } } },
        { values: ['-a', 'RUNNING'], run_count: 1, metrics: {} },
        { values: ['b', 'RUNNING'], run_count: 1, metrics: { acc: { count: 1, mean: 2, min: 2, max: 2 } } },
      ],
      is_complete: true,
    })
    const many = (await post('/api/v1/runs/groups', { experiment_ids: [crowd], by: ['params.p'] })).json()
    expect([many.items.length, many.is_complete]).toEqual([1000, false])
  })

  test.each([
    ['search', { filter: 'metrics.acc >' }, 'filter_invalid'],
    ['search', { order_by: ['acc up'] }, 'filter_invalid'],
    ['search', { experiment_ids: ['x'] }, 'mlflow_invalid_value'],
    ['search', { limit: 1001 }, 'invalid_request'],
    ['search', { filter: 'x'.repeat(10_001) }, 'invalid_request'],
    ['search', { page_token: 'x' }, 'page_token_invalid'],
    ['count', { filter: '(' }, 'filter_invalid'],
    ['groups', { by: [] }, 'invalid_request'],
    ['groups', { by: ['metrics.acc'] }, 'filter_invalid'],
  ])('%s of %j is refused', async (path, body, code) => {
    const reply = await post(`/api/v1/runs/${path}`, body)
    expect([reply.statusCode, reply.json().code]).toEqual([400, code])
  })
})

describe('tables of runs', () => {
  const table = (rest: string) => get(`/api/v1/runs/export?experiment_id=${experiment}${rest}`)

  test('are CSV that no spreadsheet computes', async () => {
    const reply = await table('&order_by=start_time')
    expect(reply.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="runs-${experiment}.csv"`,
    })
    expect(reply.body.split('\r\n')).toEqual([
      'id,name,status,user,start,end,duration_s,params.kind,params.lr,metrics.acc,tags.mlflow.runName,tags.note',
      `${runs[0]},'=1+1,FINISHED,me,2026-11-21T06:00:00.000Z,2026-11-21T06:00:01.500Z,1.5,'-a,0.1,0,'=1+1,"one\ntwo"`,
      `${runs[1]},"two; ""quoted""",RUNNING,me,2026-11-21T06:00:01.000Z,,,'-a,0.2,NaN,"two; ""quoted""","one\ntwo"`,
      `${runs[2]},three,RUNNING,me,2026-11-21T06:00:02.000Z,,,b,0.3,2,three,"one\ntwo"`,
      '',
    ])
  })

  test('are made for French spreadsheets', async () => {
    const { body } = await table(`&format=csv-fr&filter=${encodeURIComponent("status = 'FINISHED'")}`)
    expect(body.split('\r\n')).toEqual([
      '\uFEFFid;name;status;user;start;end;duration_s;params.kind;params.lr;metrics.acc;tags.mlflow.runName;tags.note',
      `${runs[0]};'=1+1;FINISHED;me;2026-11-21 06:00:00;2026-11-21 06:00:01;1,5;'-a;0,1;0;'=1+1;"one\ntwo"`,
      '',
    ])
  })

  test('are JSON', async () => {
    const reply = await table(`&format=json&order_by=${encodeURIComponent('metrics.acc DESC, start_time')}`)
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(reply.json()).toMatchObject([
      { id: runs[2], params: { lr: '0.3' }, metrics: { acc: 2 } },
      { id: runs[0], duration_s: 1.5, end: '2026-11-21T06:00:01.500Z' },
      { id: runs[1], metrics: { acc: 'NaN' }, tags: { note: 'one\ntwo' } },
    ])
    expect((await table(`&format=json&filter=${encodeURIComponent("run_name = 'none'")}`)).json()).toEqual([])
  })

  test('have every run of a long list, each once', async () => {
    const { body } = await get(`/api/v1/runs/export?experiment_id=${crowd}&order_by=start_time`)
    const lines = body.trimEnd().split('\r\n')
    expect(lines).toHaveLength(2501)
    expect(new Set(lines).size).toBe(2501)
    expect(lines[2500]).toMatch(/^crowd2500,c2500,/)
  })

  test.each([
    [`experiment_id=999`, 404, 'experiment_not_found'],
    [`experiment_id=0&filter=x`, 400, 'filter_invalid'],
    [`experiment_id=0&order_by=a+up`, 400, 'filter_invalid'],
    [`experiment_id=0&format=xlsx`, 400, 'invalid_request'],
  ])('of %s are refused before they start', async (query, status, code) => {
    const reply = await get(`/api/v1/runs/export?${query}`)
    expect([reply.statusCode, reply.json().code]).toEqual([status, code])
    expect(reply.headers['content-disposition']).toBeUndefined()
  })

  test('that are too wide are refused', async () => {
    const { ctx } = suite
    const { experiment_id } = await ensureExperiment({ ctx, input: { name: 'wide' } })
    const { info } = await createRun({ ctx, input: { experiment_id } })
    await sql`insert into params select ${info.run_id}, 'p' || i, '' from generate_series(1, 5001) i`.execute(ctx.db)
    const reply = await get(`/api/v1/runs/export?experiment_id=${experiment_id}`)
    expect([reply.statusCode, reply.json().code]).toEqual([400, 'runs_too_wide'])
    await deleteExperiment({ ctx, input: { experiment_id } })
  })
})

describe('experiments', () => {
  test('are listed, the last used first, and found by a part of their name', async () => {
    const listed: { name: string; last_run_at: string }[] = (await get('/api/v1/experiments')).json().items
    // Default was made by the clock of the database.
    const items = listed.filter(({ name }) => name !== 'Default')
    expect(items.map(({ name }) => name)).toEqual(['search', 'crowd'])
    expect(items[0]).toMatchObject({ id: experiment, run_count: 3, tags: { team: 'core' }, is_deleted: false })
    expect(items[0]?.last_run_at).toBe('2026-11-21T06:00:02.000Z')
    expect((await get('/api/v1/experiments?search=CROW')).json().items).toMatchObject([{ id: crowd, run_count: 2500 }])
    expect((await get('/api/v1/experiments?search=%25')).json().items).toEqual([])
    expect((await get('/api/v1/experiments?view=deleted')).json().items).toMatchObject([
      { name: 'wide', is_deleted: true },
    ])
    expect((await get(`/api/v1/experiments/${experiment}`)).json()).toEqual(items[0])
    expect((await get('/api/v1/experiments/77')).json().code).toBe('experiment_not_found')
    expect((await get('/api/v1/experiments/x')).statusCode).toBe(400)
  })

  test('come page by page', async () => {
    const names: string[] = []
    let token = ''
    do {
      const page = (await get(`/api/v1/experiments?limit=1&view=all${token}`)).json()
      names.push(...page.items.map(({ name }: { name: string }) => name))
      token = page.next_page_token === undefined ? '' : `&page_token=${encodeURIComponent(page.next_page_token)}`
    } while (token !== '')
    expect(names.sort()).toEqual(['Default', 'crowd', 'search', 'wide'])
    expect((await get('/api/v1/experiments?page_token=x')).json().code).toBe('page_token_invalid')
  })

  test('know the columns of their runs', async () => {
    const { items } = (await get(`/api/v1/experiments/${experiment}/columns`)).json()
    expect(items).toEqual([
      { kind: 'param', key: 'kind', run_count: 3, distinct_count: 2, values: ['-a', 'b'] },
      { kind: 'param', key: 'lr', run_count: 3, distinct_count: 3, values: ['0.1', '0.2', '0.3'] },
      { kind: 'metric', key: 'acc', run_count: 3, distinct_count: 3, values: [], min: 0, max: 2 },
      {
        kind: 'tag',
        key: 'mlflow.runName',
        run_count: 3,
        distinct_count: 3,
        values: ['=1+1', 'three', 'two; "quoted"'],
      },
      { kind: 'tag', key: 'note', run_count: 3, distinct_count: 1, values: ['one\ntwo'] },
    ])
    const many = (await get(`/api/v1/experiments/${crowd}/columns`)).json()
    expect(many.items).toEqual([{ kind: 'param', key: 'p', run_count: 2500, distinct_count: 1000, values: [] }])
    expect((await get('/api/v1/experiments/77/columns')).statusCode).toBe(404)
  })

  test('keep views, told as changes', async () => {
    const url = `/api/v1/experiments/${experiment}/views`
    const put = (name: string, query: string, at = url) =>
      suite.app.inject({ method: 'PUT', url: `${at}/${encodeURIComponent(name)}`, body: { query } })
    const saved = (await put('best é/1', 'order=acc')).json()
    expect(saved).toEqual({
      name: 'best é/1',
      query: 'order=acc',
      saved_at: suite.clock.now().toISOString(),
      saved_by: 'local',
    })
    await put('best é/1', 'order=acc')
    await put('best é/1', 'order=lr')
    await put('a', '')
    expect(
      (await get(url)).json().items.map(({ name, query }: { name: string; query: string }) => [name, query]),
    ).toEqual([
      ['a', ''],
      ['best é/1', 'order=lr'],
    ])
    const remove = (name: string) => suite.app.inject({ method: 'DELETE', url: `${url}/${encodeURIComponent(name)}` })
    expect((await remove('a')).json()).toEqual({})
    const again = await remove('a')
    expect([again.statusCode, again.json().code]).toEqual([404, 'saved_view_not_found'])
    const { rows } = await sql<{ change: string }>`
      select payload ->> 'change' as change from events
      where subject = ${`experiments/${experiment}`} and payload ->> 'change' like 'view%' order by id
    `.execute(suite.ctx.db)
    expect(rows.map(({ change }) => change)).toEqual([
      'view best é/1 saved',
      'view best é/1 saved',
      'view a saved',
      'view a removed',
    ])
    expect((await put('x'.repeat(251), '')).statusCode).toBe(400)
    expect((await put('x', 'y'.repeat(20_001))).statusCode).toBe(400)
    expect((await put('x', '', '/api/v1/experiments/77/views')).statusCode).toBe(404)
  })

  test('keep a bounded number of views', async () => {
    const { ctx } = suite
    const { experiment_id } = await ensureExperiment({ ctx, input: { name: 'views' } })
    await sql`
      insert into saved_views select ${experiment_id}::bigint, 'v' || i, '', now(), 'me' from generate_series(1, 200) i
    `.execute(ctx.db)
    const url = `/api/v1/experiments/${experiment_id}/views`
    const full = await suite.app.inject({ method: 'PUT', url: `${url}/new`, body: { query: '' } })
    expect([full.statusCode, full.json().code]).toEqual([400, 'saved_views_full'])
    expect((await suite.app.inject({ method: 'PUT', url: `${url}/v1`, body: { query: 'x' } })).statusCode).toBe(200)
    expect((await get(url)).json().items).toHaveLength(200)
    await deleteExperiment({ ctx, input: { experiment_id } })
    const gone = await suite.app.inject({ method: 'PUT', url: `${url}/v1`, body: { query: 'y' } })
    expect(gone.json().code).toBe('experiment_not_active')
  })
})

describe('the protocol', () => {
  const search = (body: object) => post('/api/2.0/mlflow/runs/search', body)

  test('sends a long page in parts, complete and in order', async () => {
    const reply = await search({ experiment_ids: [crowd], max_results: 2400, order_by: ['start_time ASC'] })
    const page = reply.json()
    expect(page.runs).toHaveLength(2400)
    expect(page.runs[2399].info.run_id).toBe('crowd2400')
    expect(reply.headers['content-length']).toBeUndefined()
    const rest = {
      experiment_ids: [crowd],
      max_results: 50_000,
      order_by: ['start_time ASC'],
      page_token: page.next_page_token,
    }
    expect((await search(rest)).json()).toMatchObject({ runs: expect.objectContaining({ length: 100 }) })
  })

  test('sends a run as upstream does', async () => {
    const { ctx } = suite
    const dataset = { name: 'iris "x"', digest: 'd', source_type: 'local', source: '{}', schema: '{"a":1}' }
    const tags = [{ key: 'mlflow.data.context', value: 'train' }]
    await logInputs({ ctx, input: { run_id: runs[0] ?? '', datasets: [{ dataset, tags }] } })
    const found = (await search({ experiment_ids: [experiment], filter: "run_name = '=1+1'" })).json()
    const { run } = (await get(`/api/2.0/mlflow/runs/get?run_id=${runs[0]}`)).json()
    expect(found).toEqual({ runs: [run] })
    expect(run.inputs).toEqual({ dataset_inputs: [{ tags, dataset }] })
    expect((await search({ experiment_ids: [experiment], filter: "run_name = 'none'" })).body).toBe('{}')
    expect((await search({ experiment_ids: [] })).body).toBe('{}')
  })

  test.each([
    [{ max_results: 0 }, /^Invalid value 0 for parameter 'max_results' supplied\. It must be a positive integer$/],
    [{ max_results: 50_001 }, /'max_results' supplied\. It must be at most 50000$/],
    [{ experiment_ids: '1' }, /^Invalid value "1" for parameter 'experiment_ids' supplied/],
    [{ order_by: 'metrics.acc' }, /^Invalid value "metrics.acc" for parameter 'order_by' supplied/],
    [{ page_token: 'x' }, /page token/i],
    [{ filter: 'metrics.acc > 1 +' }, /near \+: comparisons/],
    [{ order_by: ['metrics.acc', 'metrics.acc DESC'] }, /twice/],
    [{ experiment_ids: ['abc'] }, /experiment_ids\[0\]/],
    [{ run_view_type: 'SOME' }, /run_view_type/],
  ])('refuses %j', async (change, message) => {
    const reply = await search({ experiment_ids: [experiment], ...change })
    expect([reply.statusCode, reply.json().error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(reply.json().message).toMatch(message)
  })

  test('lists the data sets of experiments', async () => {
    const datasets = (ids: readonly string[]) =>
      post('/ajax-api/2.0/mlflow/experiments/search-datasets', { experiment_ids: ids })
    expect((await datasets([experiment, crowd])).json()).toEqual({
      dataset_summaries: [{ experiment_id: experiment, name: 'iris "x"', digest: 'd', context: 'train' }],
    })
    expect((await datasets([crowd])).body).toBe('{}')
    for (const ids of [[], Array.from({ length: 21 }, (_, index) => String(index)), ['x']]) {
      expect((await datasets(ids)).statusCode).toBe(400)
    }
    await deleteRun({ ctx: suite.ctx, input: { run_id: runs[0] ?? '' } })
    expect((await datasets([experiment])).body).toBe('{}')
  })
})
