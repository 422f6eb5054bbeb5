import type { Flow, FlowRun, FlowStep } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type FlowApp, openFlowApp } from '../../../../test/support/flow-app.js'
import {
  completed,
  failed,
  insertFlow,
  insertLines,
  insertRow,
  insertRun,
  insertStep,
  insertWorker,
  running,
} from '../../../../test/support/flow-rows.js'
import { testStart } from '../../../../test/support/test-clock.js'

let suite: FlowApp
beforeAll(async () => {
  suite = await openFlowApp()
})
afterAll(() => suite?.close())
beforeEach(async () => {
  await sql`truncate flow_runs, flows, flow_workers, flow_limits cascade`.execute(suite.ctx.db)
})

const at = (minutes: number) => new Date(testStart.getTime() + minutes * 60_000)
const ago = (seconds: number) => sql`clock_timestamp() - ${seconds} * interval '1 s'`
const runOf = async (id: string): Promise<FlowRun> => suite.ok('GET', `/api/v1/flow-runs/${id}`)
const idsOf = async (query: string): Promise<string[]> =>
  (await suite.ok('GET', `/api/v1/flow-runs?${query}`)).items.map(({ id }: FlowRun) => id)

describe('a run', () => {
  test('is told whole, with its result and how far it is', async () => {
    const { db } = suite.ctx
    await insertRun(db, 'flow_a', {
      ...completed,
      version: 'v1',
      params: '{"month":"2026-11"}',
      result: '{"rows":3,"text":"a\\u0000b"}',
      origin: 'schedule',
      origin_of: 'nightly',
      tags: ['big'],
      take_overs: 1,
    })
    await insertStep(db, 'flow_a', 'load', 0)
    await insertStep(db, 'flow_a', 'score', 1, { kind: 'map', after: ['load'] })
    await insertStep(db, 'flow_a', 'score[0]', 2, { map: 'score' })
    await insertStep(db, 'flow_a', 'last', 3, { ...running, ended_at: null })
    expect(await runOf('flow_a')).toEqual({
      id: 'flow_a',
      project: 'demo',
      flow: 'load',
      version: 'v1',
      state: { type: 'COMPLETED', name: 'Completed' },
      params: { month: '2026-11' },
      result: { rows: 3, text: 'a\u0000b' },
      origin: 'schedule',
      origin_of: 'nightly',
      priority: 0,
      attempt: 1,
      take_overs: 1,
      scheduled_for: testStart.toISOString(),
      requested_at: testStart.toISOString(),
      started_at: testStart.toISOString(),
      ended_at: testStart.toISOString(),
      requested_by: 'local',
      reason: '',
      tags: ['big'],
      steps_done: 2,
      steps_total: 3,
    })
  })

  test('that failed says why in the language of who asks', async () => {
    const error = {
      code: 'flow_run_interrupted',
      params: { reason: 'no disk' },
      stack: 'Error: no disk\n  at load.ts:3',
    }
    await insertRun(suite.ctx.db, 'flow_a', { ...failed, error: JSON.stringify(error) })
    const reply = await suite.app.inject({ url: '/api/v1/flow-runs/flow_a', headers: { 'accept-language': 'fr' } })
    expect(reply.json().error).toMatchObject({ ...error, message: expect.stringContaining('s’est terminée') })
  })

  test('that nobody knows is refused', async () => {
    for (const path of ['', '/steps', '/logs', '/logs.txt', '/artifacts', '/stream']) {
      const reply = await suite.app.inject({ url: `/api/v1/flow-runs/flow_x${path}` })
      expect([path, reply.statusCode, reply.json().code]).toEqual([path, 404, 'flow_run_not_found'])
    }
  })
})

describe('a run that is due', () => {
  const ready = (seconds: number) => ({ ready_at: ago(seconds) })
  const known = { project: 'demo', flow: 'load', version: 'v2' }
  const told = async (values: Readonly<Record<string, unknown>>) => {
    const { state, wait } = await runOf(await insertRun(suite.ctx.db, 'flow_a', values))
    return { name: state.name, ...(wait === undefined ? {} : { wait }) }
  }

  test('waits for a worker where none has its flow', async () => {
    await insertWorker(suite.ctx.db, 'work_1', [{ ...known, flow: 'other' }])
    await insertWorker(suite.ctx.db, 'work_2', [known], { lease_until: ago(1) })
    await insertWorker(suite.ctx.db, 'work_3', [known], { ended_at: testStart })
    expect(await told(ready(1))).toEqual({ name: 'Scheduled', wait: { kind: 'worker', what: 'load' } })
  })

  test('waits for its version once it has one', async () => {
    await insertWorker(suite.ctx.db, 'work_1', [known])
    const begun = { version: 'v1', started_at: testStart, state_name: 'Resuming' }
    expect(await told({ ...ready(20), ...begun })).toEqual({ name: 'Resuming', wait: { kind: 'version', what: 'v1' } })
  })

  test('is late after 15 s, and not before it is due', async () => {
    await insertWorker(suite.ctx.db, 'work_1', [known])
    expect(await told(ready(16))).toEqual({ name: 'Late' })
    await sql`update flow_runs set ready_at = ${ago(-60)}`.execute(suite.ctx.db)
    expect((await runOf('flow_a')).state.name).toBe('Scheduled')
  })

  test('waits for room among the runs of its flow, and for a slot', async () => {
    await insertWorker(suite.ctx.db, 'work_1', [known])
    await insertFlow(suite.ctx.db, 'load', { concurrency: 1, limits: ['gpu'] })
    await insertRow(suite.ctx.db, 'flow_limits', { name: 'gpu', slots: 1 })
    await insertRun(suite.ctx.db, 'flow_other', running)
    await insertRow(suite.ctx.db, 'flow_limit_slots', { limit_name: 'gpu', run_id: 'flow_other', taken_at: testStart })
    const waiting = { name: 'AwaitingConcurrencySlot', wait: { kind: 'limit', what: 'load' } }
    expect(await told(ready(16))).toEqual(waiting)
    await sql`update flow_runs set ended_at = now() where id = 'flow_other'`.execute(suite.ctx.db)
    expect((await runOf('flow_a')).wait).toEqual({ kind: 'limit', what: 'gpu' })
  })

  test('tells what it was suspended for', async () => {
    const wait = { kind: 'moment', until: '2026-12-01T00:00:00+00:00' }
    const values = { state_type: 'PAUSED', state_name: 'Suspended', wait: JSON.stringify(wait) }
    expect(await told(values)).toEqual({
      name: 'Suspended',
      wait: { kind: 'moment', until: '2026-12-01T00:00:00.000Z' },
    })
  })
})

describe('the list of runs', () => {
  test('is newest due first, in pages without gap or repetition, also among equal moments', async () => {
    for (let place = 0; place < 7; place += 1) {
      await insertRun(suite.ctx.db, `flow_${place}`, { scheduled_for: at(Math.floor(place / 3)) })
    }
    const seen: string[] = []
    let token = ''
    for (let pages = 0; pages < 4; pages += 1) {
      const page = await suite.ok('GET', `/api/v1/flow-runs?limit=2${token}`)
      seen.push(...page.items.map(({ id }: FlowRun) => id))
      token = `&page_token=${page.next_page_token}`
      expect(page.next_page_token === undefined).toBe(pages === 3)
    }
    expect(seen).toEqual(['flow_6', 'flow_5', 'flow_4', 'flow_3', 'flow_2', 'flow_1', 'flow_0'])
  })

  test('refuses a token that is none', async () => {
    const { status, body } = await suite.send('GET', '/api/v1/flow-runs?page_token=flow_x')
    expect([status, body.code]).toEqual([400, 'page_token_invalid'])
  })

  test('keeps to what is asked for', async () => {
    const { db } = suite.ctx
    await insertRun(db, 'flow_1', { ...failed, scheduled_for: at(1), tags: ['x', 'y'] })
    await insertRun(db, 'flow_2', { ...completed, scheduled_for: at(2), flow: 'other', origin: 'schedule' })
    await insertRun(db, 'flow_3', { ...running, scheduled_for: at(3), project: 'second', flow: 'loop', model: 'churn' })
    await insertRun(db, 'flow_4', { ...failed, scheduled_for: at(4) })
    expect(await idsOf('project=demo')).toEqual(['flow_4', 'flow_2', 'flow_1'])
    expect(await idsOf('project=demo&flow=load')).toEqual(['flow_4', 'flow_1'])
    expect(await idsOf('model=churn')).toEqual(['flow_3'])
    expect(await idsOf('state=FAILED')).toEqual(['flow_4', 'flow_1'])
    expect(await idsOf('state=FAILED&state=RUNNING&state=FAILED')).toEqual(['flow_4', 'flow_3', 'flow_1'])
    expect(await idsOf('state=FAILED&state=RUNNING&limit=1')).toEqual(['flow_4'])
    expect(await idsOf('state=FAILED&state=RUNNING&page_token=flow_4')).toEqual(['flow_3', 'flow_1'])
    expect(await idsOf('origin=schedule')).toEqual(['flow_2'])
    expect(await idsOf('tag=y')).toEqual(['flow_1'])
    expect(await idsOf(`from=${at(2).toISOString()}&to=${at(4).toISOString()}`)).toEqual(['flow_3', 'flow_2'])
  })

  test('leaves large parameters and results to the run itself', async () => {
    const text = Array.from({ length: 3000 }, (_, index) => (index * 7919).toString(36)).join('')
    await insertRun(suite.ctx.db, 'flow_1', { ...completed, params: JSON.stringify({ text }), result: '1' })
    const { items } = await suite.ok('GET', '/api/v1/flow-runs')
    expect(items).toMatchObject([{ params: {}, params_left_out: true }])
    expect(items[0]).not.toHaveProperty('result')
    expect(await runOf('flow_1')).toMatchObject({ params: { text }, result: 1 })
  })
})

describe('steps of a run', () => {
  const stepsOf = async (query = ''): Promise<FlowStep[]> =>
    (await suite.ok('GET', `/api/v1/flow-runs/flow_a/steps${query}`)).items

  test('come in order, without the items of maps, which have a list of their own', async () => {
    const { db } = suite.ctx
    await insertRun(db, 'flow_a', running)
    await insertStep(db, 'flow_a', 'load', 0, { result: '{"rows":3}' })
    const open = { ...running, ended_at: null, progress: '{"done":0,"total":5}' }
    await insertStep(db, 'flow_a', 'score', 1, { kind: 'map', after: ['load'], ...open })
    await insertStep(db, 'flow_a', 'score[0]', 2, { map: 'score' })
    await insertStep(db, 'flow_a', 'score[1]', 3, { map: 'score', ...running, ended_at: null })
    expect(await stepsOf()).toMatchObject([
      { name: 'load', kind: 'run', result: { rows: 3 }, idempotency_key: 'flow_a:load', position: 0, after: [] },
      { name: 'score', kind: 'map', after: ['load'], progress: { done: 1, total: 5 } },
    ])
    expect((await stepsOf('?map=score')).map(({ name }) => name)).toEqual(['score[0]', 'score[1]'])
    const page = await suite.ok('GET', '/api/v1/flow-runs/flow_a/steps?limit=1')
    expect(page.next_page_token).toBe('0')
    expect((await stepsOf('?limit=1&page_token=0')).map(({ name }) => name)).toEqual(['score'])
    expect((await suite.send('GET', '/api/v1/flow-runs/flow_a/steps?page_token=x')).body.code).toBe(
      'page_token_invalid',
    )
  })

  test('tell each attempt with its end, and what was taken over from where', async () => {
    const { db } = suite.ctx
    await insertRun(db, 'flow_a', running)
    const error = { code: 'internal_error', params: {} }
    const earlier = { attempt: 1, worker: 'work_1', started_at: at(0), ended_at: at(1), state: 'crashed', error }
    const again = { attempts: 2, worker_id: 'work_2', earlier_attempts: JSON.stringify([earlier]) }
    await insertStep(db, 'flow_a', 'load', 0, again)
    await insertStep(db, 'flow_a', 'held', 1, {
      ...again,
      state_type: 'SCHEDULED',
      state_name: 'AwaitingRetry',
      attempts: 1,
      ended_at: null,
    })
    await insertStep(db, 'flow_a', 'taken', 2, { attempts: 0, attempt_started_at: null, taken_from: 'flow_old' })
    const [load, held, taken] = await stepsOf()
    expect(load?.attempts).toMatchObject([
      {
        attempt: 1,
        worker: 'work_1',
        state: 'crashed',
        error: { code: 'internal_error' },
        ended_at: at(1).toISOString(),
      },
      { attempt: 2, worker: 'work_2', state: 'completed', started_at: testStart.toISOString() },
    ])
    expect(held?.attempts).toMatchObject([{ attempt: 1, state: 'crashed' }])
    expect(taken).toMatchObject({ attempts: [], taken_from: 'flow_old', idempotency_key: 'flow_old:taken' })
  })

  test('leave a large result to the step asked for by its name', async () => {
    await insertRun(suite.ctx.db, 'flow_a', running)
    const result = 'x'.repeat(20_000)
    await insertStep(suite.ctx.db, 'flow_a', 'load', 0, { result: JSON.stringify(result) })
    const [step] = await stepsOf()
    expect(step).toMatchObject({ result_left_out: true })
    expect(step).not.toHaveProperty('result')
    expect(await stepsOf('?name=load')).toMatchObject([{ result }])
    expect(await stepsOf('?name=other')).toEqual([])
  })
})

describe('the log of a run', () => {
  test('is read in pages, and by step, level and text', async () => {
    const { db } = suite.ctx
    await insertRun(db, 'flow_a', running)
    await insertLines(db, 'flow_a', ['Begin', 'slow 50 %', 'item', 'other'])
    await sql`update flow_logs set level = 30, step = 'load' where position = 2`.execute(db)
    await sql`update flow_logs set step = 'load[3]' where position = 3`.execute(db)
    await sql`update flow_logs set level = 40, step = 'loader', stream = 'stderr' where position = 4`.execute(db)
    await sql`update flow_log_counts set dropped = 9`.execute(db)
    const logs = async (query: string) => suite.ok('GET', `/api/v1/flow-runs/flow_a/logs?${query}`)
    const positions = async (query: string) =>
      (await logs(query)).items.map(({ position }: { position: number }) => position)
    expect(await logs('limit=1&after=1')).toEqual({
      items: [
        { position: 2, at: testStart.toISOString(), level: 'warn', step: 'load', stream: 'log', text: 'slow 50 %' },
      ],
      next_page_token: '2',
      dropped: 9,
    })
    expect(await positions('limit=2&page_token=2')).toEqual([3, 4])
    expect(await positions('step=load')).toEqual([2, 3])
    expect(await positions('level=warn')).toEqual([2, 4])
    expect(await positions(`search=${encodeURIComponent('50 %')}`)).toEqual([2])
    expect(await positions('search=BEGIN')).toEqual([1])
    const { body, headers } = await suite.app.inject({ url: '/api/v1/flow-runs/flow_a/logs.txt' })
    expect(headers['content-type']).toMatch('text/plain')
    expect(body.split('\n')).toEqual([
      '2026-11-21T06:31:47.000Z INFO  Begin',
      '2026-11-21T06:31:47.000Z WARN  load: slow 50 %',
      '2026-11-21T06:31:47.000Z INFO  load[3]: item',
      '2026-11-21T06:31:47.000Z ERROR loader: other',
      '(+9)',
      '',
    ])
  })

  test('that is long comes whole as text', async () => {
    await insertRun(suite.ctx.db, 'flow_a', completed)
    await sql`
      insert into flow_logs (run_id, position, at, level, stream, text)
      select 'flow_a', n, now(), 20, 'log', 'line ' || n from generate_series(1, 4500) n
    `.execute(suite.ctx.db)
    const { body } = await suite.app.inject({ url: '/api/v1/flow-runs/flow_a/logs.txt' })
    const lines = body.trimEnd().split('\n')
    expect(lines.map((line) => line.replace(/.*line /, ''))).toEqual(
      Array.from({ length: 4500 }, (_, index) => String(index + 1)),
    )
  })
})

test('artifacts are in the order in which their keys came', async () => {
  const { db } = suite.ctx
  await insertRun(db, 'flow_a', running)
  for (const [key, text] of [
    ['table', 'rows'],
    ['report', 'new'],
  ] as const) {
    const content = JSON.stringify({ kind: 'markdown', text })
    await insertRow(db, 'flow_artifacts', { run_id: 'flow_a', key, step: 'load', at: testStart, content })
  }
  expect(await suite.ok('GET', '/api/v1/flow-runs/flow_a/artifacts')).toEqual({
    items: [
      { key: 'table', step: 'load', at: testStart.toISOString(), content: { kind: 'markdown', text: 'rows' } },
      { key: 'report', step: 'load', at: testStart.toISOString(), content: { kind: 'markdown', text: 'new' } },
    ],
  })
})

test('artifacts that are too large together, or were too much to be kept, are counted', async () => {
  const { db } = suite.ctx
  await insertRun(db, 'flow_a', running)
  for (const [key, bytes] of [
    ['report', 9_000_000],
    ['table', 9_000_000],
    ['note', 10],
  ] as const) {
    const content = JSON.stringify({ kind: 'markdown', text: '' })
    await insertRow(db, 'flow_artifacts', { run_id: 'flow_a', key, step: 'load', at: testStart, content, bytes })
  }
  await insertRow(db, 'flow_log_counts', { run_id: 'flow_a', artifacts_dropped: 3 })
  const { items, left_out } = await suite.ok('GET', '/api/v1/flow-runs/flow_a/artifacts')
  expect(items.map(({ key }: { key: string }) => key)).toEqual(['report', 'note'])
  expect(left_out).toBe(4)
})

test('workers are those that live and those that ended of late', async () => {
  const { db } = suite.ctx
  const flows = [{ project: 'demo', flow: 'load', version: 'v1' }]
  await insertWorker(db, 'work_alive', flows)
  await insertWorker(db, 'work_late', flows, { lease_until: ago(1) })
  await insertWorker(db, 'work_lost', flows, { lease_until: ago(9), ended_at: ago(3), is_lost: true })
  await insertWorker(db, 'work_stopped', flows, { ended_at: ago(3) })
  await insertWorker(db, 'work_old', flows, { ended_at: ago(100_000) })
  await insertRun(db, 'flow_a', { ...running, worker_id: 'work_alive' })
  const { items } = await suite.ok('GET', '/api/v1/flow-workers')
  const told = items.map((one: { id: string; state: string; runs: string[] }) => [one.id, one.state, one.runs])
  expect(told[0]).toEqual(['work_alive', 'alive', ['flow_a']])
  expect(told.slice(1).sort()).toEqual([
    ['work_late', 'lost', []],
    ['work_lost', 'lost', []],
    ['work_stopped', 'stopped', []],
  ])
  expect(items[0]).toMatchObject({ host: 'here', pid: 7, runs_max: 4, flows })
})

describe('a flow', () => {
  const flowOf = async (): Promise<Flow> => suite.ok('GET', '/api/v1/projects/demo/flows/load')

  test('is shown with its newest runs, its schedules and who can run it', async () => {
    const { db } = suite.ctx
    await insertFlow(db, 'load', { description: 'Loads' })
    await insertFlow(db, 'gone', {}, { removed_at: testStart })
    const schedule = (name: string) => ({
      project: 'demo',
      flow: 'load',
      name,
      definition: JSON.stringify({ name, every_ms: 1000 }),
    })
    await insertRow(db, 'flow_schedules', { ...schedule('a'), next_at: at(9), last_at: at(1) })
    const error = JSON.stringify({ code: 'flow_invalid', params: { flow: 'load', reason: 'no' } })
    await insertRow(db, 'flow_schedules', { ...schedule('b'), next_at: at(5), paused: true, error })
    const hook = { project: 'demo', flow: 'load', definition: '{}' }
    await insertRow(db, 'flow_triggers', { ...hook, name: 'push', token: 'secret' })
    await insertRow(db, 'flow_triggers', { ...hook, name: 'event' })
    for (let place = 0; place < 32; place += 1) {
      const ended_at = new Date(at(place - 40).getTime() + (place === 31 ? 3000 : 1000))
      const moments = { scheduled_for: at(place - 40), started_at: at(place - 40), ended_at }
      await insertRun(db, `flow_${place}`, { ...(place === 30 ? failed : completed), ...moments })
    }
    await insertRun(db, 'flow_later', { scheduled_for: at(9) })
    const flow = await flowOf()
    expect(flow).toMatchObject({
      project: 'demo',
      name: 'load',
      definition: { description: 'Loads', version: 'v1' },
      paused: false,
      next_at: at(5).toISOString(),
      has_worker: false,
      open_runs: 1,
      schedules: [
        { name: 'a', every_ms: 1000, next_at: at(9).toISOString(), last_at: at(1).toISOString(), paused: false },
        { name: 'b', paused: true, error: expect.stringContaining('not valid: no') },
      ],
      webhooks: [{ name: 'push', path: '/api/v1/flow-webhooks/secret' }],
    })
    expect(flow.bars.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, index) => `flow_${index + 2}`))
    expect(flow.bars.at(-1)).toMatchObject({ state: { name: 'Completed' }, duration_ms: 3000 })
    expect(flow.average_ms).toBeCloseTo((28 * 1000 + 3000) / 29)
    await insertWorker(db, 'work_1', [{ project: 'demo', flow: 'load', version: 'v1' }])
    expect((await flowOf()).has_worker).toBe(true)
    const { items } = await suite.ok('GET', '/api/v1/flows?project=demo')
    expect(items.map(({ name }: Flow) => name)).toEqual(['load'])
    expect((await suite.ok('GET', '/api/v1/flows?project=other')).items).toEqual([])
  })

  test('that is paused has no next moment', async () => {
    await insertFlow(suite.ctx.db, 'load', {}, { paused: true })
    const schedule = { project: 'demo', flow: 'load', name: 'a', definition: '{"name":"a","every_ms":1000}' }
    await insertRow(suite.ctx.db, 'flow_schedules', { ...schedule, next_at: at(9) })
    expect(await flowOf()).not.toHaveProperty('next_at')
  })

  test('that is not declared is refused', async () => {
    const { status, body } = await suite.send('GET', '/api/v1/projects/demo/flows/other')
    expect([status, body.code]).toEqual([404, 'flow_not_found'])
  })
})
