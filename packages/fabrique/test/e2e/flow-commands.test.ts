import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backfill, Flow, FlowLimit, FlowLogLine, FlowRun, FlowStep, FlowWorkerInfo } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flowClient } from '../../src/client/index.js'
import { databaseOf } from '../support/project-database.js'
import { cleanUp, projectOf, type RunningFabrique, runFabrique, startFabrique } from '../support/running-fabrique.js'

const config = `
import { cron, defineProject, flow, z } from 'fabrique'

const sum = flow('sum', { description: 'Adds', params: z.object({ month: z.string(), count: z.number().default(2) }) },
  async (step, { month, count }) => {
    const ones = await step.map('one', Array.from({ length: count }), async (_, task) => {
      task.log.info('one more')
      return 1
    })
    await step.run('say', (task) => task.log.warn('nearly there'))
    return { month, sum: ones.reduce((all, one) => all + one, 0) }
  })
const breaks = flow('breaks', {}, async (step) => {
  await step.run('fine', () => 1)
  await step.run('broken', () => { throw new Error('no such table') })
})
const asks = flow('asks', {}, async (step) => {
  const { decision, values } = await step.approve('publish', { prompt: 'Publish it?', form: z.object({ rows: z.number() }) })
  return { decision, values }
})
const nightly = flow('nightly', { schedule: cron('0 3 * * *', { name: 'night', timezone: 'Europe/Paris' }) }, async () => 1)
export default defineProject({ name: 'demo', datasets: [], models: [], flows: [sum, breaks, asks, nightly] })
`

let folder: string
let fabrique: RunningFabrique
beforeAll(async () => {
  folder = projectOf({ 'fabrique.config.ts': config, 'package.json': '{"name":"demo","type":"module"}' })
  fabrique = await startFabrique(folder, ['--port', '0'], await databaseOf(folder))
})
afterAll(() => cleanUp(folder))

const cli = (...args: readonly string[]) => runFabrique([...args, '--url', fabrique.url])
const ok = async (...args: readonly string[]): Promise<string> => {
  const { status, stdout, stderr } = await cli(...args)
  expect({ args, status, stderr: status === 0 ? '' : stderr }).toMatchObject({ status: 0 })
  return stdout
}
const json = async <Document>(...args: readonly string[]): Promise<Document> => JSON.parse(await ok(...args, '--json'))

describe('flows run', () => {
  test('gives parameters their types, waits for the end and tells the result', async () => {
    const args = ['demo/sum', '--param', 'month=2026', '--param', 'count=3', '--tag', 'mine', '--reason', 'to see']
    const run = await json<FlowRun>('flows', 'run', ...args, '--wait')
    expect(run).toMatchObject({
      state: { type: 'COMPLETED', name: 'Completed' },
      params: { month: '2026', count: 3 },
      result: { month: '2026', sum: 3 },
      tags: ['mine'],
      reason: 'to see',
      steps_done: 2,
      steps_total: 2,
    })
    const told = await cli('flows', 'run', 'demo/sum', '--param', 'month=x', '--follow')
    expect(told.status).toBe(0)
    expect(told.stderr).toMatch(/one\[0\] {2}one more/)
    expect(told.stderr).toMatch(/say {2}nearly there/)
    expect(told.stdout).toMatch(/State +completed/)
    expect(told.stdout).toMatch(/Result +{"month":"x","sum":2}/)
    expect(told.stdout).toMatch(/one +map +completed .* 2\/2/)
  })

  test('reads parameters from a file, and the same key gives the same run', async () => {
    const file = join(folder, 'params.json')
    writeFileSync(file, '{"month":"2026-10","count":1}')
    const args = ['flows', 'run', 'demo/sum', '--params-file', file, '--param', 'count=4', '--key', 'once', '--wait']
    const run = await json<FlowRun>(...args)
    expect(run.params).toEqual({ month: '2026-10', count: 4 })
    expect((await json<FlowRun>(...args)).id).toBe(run.id)
  })

  test('ends with 1 where the run fails, and 2 where there is none', async () => {
    const failed = await cli('flows', 'run', 'demo/breaks', '--wait', '--json')
    expect(failed.status).toBe(1)
    expect(JSON.parse(failed.stdout)).toMatchObject({
      state: { name: 'Failed' },
      error: { message: expect.any(String) },
    })
    const refused = await cli('flows', 'run', 'demo/sum', '--param', 'count=x')
    expect([refused.status, refused.stdout]).toEqual([2, ''])
    expect(refused.stderr).toMatch('[flow_params_invalid]')
    expect((await cli('flows', 'run', 'demo/other')).status).toBe(2)
    expect((await cli('flows', 'run', 'demo')).status).toBe(2)
    expect((await cli('flows', 'run', 'demo/sum', '--param', 'month')).status).toBe(2)
    expect((await cli('flows', 'run', 'demo/sum', '--param', 'month=1', '--at', 'soon')).status).toBe(2)
  })

  test('puts a run off, which is then cancelled', async () => {
    const args = ['demo/sum', '--param', 'month=x', '--at', '2099-01-01', '--priority', '7']
    const run = await json<FlowRun>('flows', 'run', ...args)
    expect(run).toMatchObject({ scheduled_for: '2099-01-01T00:00:00.000Z', priority: 7, state: { name: 'Scheduled' } })
    expect(await ok('flows', 'cancel', run.id, '--reason', 'no')).toMatch(run.id)
    expect(await json('flows', 'show', run.id)).toMatchObject({ state: { name: 'Cancelled' } })
  })
})

test('flows ls, show and logs tell of flows, runs and what these logged', async () => {
  const run = await json<FlowRun>('flows', 'run', 'demo/sum', '--param', 'month=x', '--wait')
  const flows = await json<Flow[]>('flows', 'ls', '--project', 'demo')
  expect(flows.map(({ name, has_worker }) => [name, has_worker])).toEqual([
    ['asks', true],
    ['breaks', true],
    ['nightly', true],
    ['sum', true],
  ])
  expect(await ok('flows', 'ls')).toMatch(/demo\/nightly +0 3 \* \* \* \(Europe\/Paris\)/)
  const shown = await json<Flow & { runs: FlowRun[] }>('flows', 'show', 'demo/sum')
  expect(shown.runs.map(({ id }) => id)).toContain(run.id)
  expect(await ok('flows', 'show', 'demo/nightly')).toMatch(/Schedule +night: 0 3/)
  const { steps } = await json<FlowRun & { steps: FlowStep[] }>('flows', 'show', run.id)
  expect(steps.map(({ name, kind }) => [name, kind])).toEqual([
    ['one', 'map'],
    ['say', 'run'],
  ])
  const lines = await json<FlowLogLine[]>('flows', 'logs', run.id)
  expect(lines.map(({ text }) => text).sort()).toEqual(['nearly there', 'one more', 'one more'])
  const texts = async (...args: readonly string[]) =>
    (await json<FlowLogLine[]>('flows', 'logs', run.id, ...args)).map(({ text }) => text)
  expect(await texts('--step', 'one')).toEqual(['one more', 'one more'])
  expect(await texts('--level', 'warn', '-f')).toEqual(['nearly there'])
  expect(await texts('--search', 'NEARLY')).toEqual(['nearly there'])
  expect((await cli('flows', 'logs', run.id, '--level', 'loud')).status).toBe(2)
  expect((await cli('flows', 'show', 'flow_x')).stderr).toMatch('[flow_run_not_found]')
})

test('flows retry takes over what is done', async () => {
  const { stdout } = await cli('flows', 'run', 'demo/breaks', '--wait', '--json')
  const failed: FlowRun = JSON.parse(stdout)
  const again = await cli('flows', 'retry', failed.id, '--wait', '--json')
  expect(again.status).toBe(1)
  const run: FlowRun = JSON.parse(again.stdout)
  expect(run).toMatchObject({ origin: 'retry', origin_of: failed.id })
  const { steps } = await json<FlowRun & { steps: FlowStep[] }>('flows', 'show', run.id)
  expect(steps).toMatchObject([
    { name: 'fine', taken_from: failed.id },
    { name: 'broken', state: { name: 'Failed' } },
  ])
  expect(await ok('flows', 'retry', failed.id, '--from', 'start')).toMatch('begins at the start')
})

test('flows approve decides what a run waits for', async () => {
  const { id } = await json<FlowRun>('flows', 'run', 'demo/asks')
  const stateName = async () => (await json<FlowRun>('flows', 'show', id)).state.name
  await expect.poll(stateName).toBe('Paused')
  expect(await ok('flows', 'show', id)).toMatch(`Publish it?\nfabrique flows approve ${id} publish`)
  const wrong = await cli('flows', 'approve', id, 'publish', '--value', 'rows=many')
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('[flow_approval_values_invalid]')])
  expect(await ok('flows', 'approve', id, 'publish', '--value', 'rows=3', '--comment', 'good')).toMatch('Approved')
  await expect.poll(stateName).toBe('Completed')
  expect(await json('flows', 'show', id)).toMatchObject({ result: { decision: 'approved', values: { rows: 3 } } })
})

test('flows pause, resume and backfill change what a schedule does', async () => {
  await ok('flows', 'pause', 'demo/nightly', '--schedule', 'night')
  expect((await json<Flow>('flows', 'show', 'demo/nightly')).schedules).toMatchObject([{ paused: true }])
  expect(await ok('flows', 'resume', 'demo/nightly', '--schedule', 'night', '--lang', 'fr')).toMatch('reprend')
  const range = ['demo/nightly', '--from', '2026-03-28', '--to', '2026-03-31']
  const dry = await json<Backfill>('flows', 'backfill', ...range, '--dry-run')
  // The hour moves with summer time.
  const moments = ['2026-03-28T02:00:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-30T01:00:00.000Z']
  expect(dry.moments.map(({ at }) => at).sort()).toEqual(moments)
  expect(dry).not.toHaveProperty('id')
  expect(await ok('flows', 'backfill', ...range)).toMatch('3 runs are asked for')
  expect(await ok('flows', 'backfill', ...range)).toMatch('3 left out since they have a run')
})

test('flows limits and workers ls tell what bounds and does the work', async () => {
  await ok('flows', 'limits', 'set', 'gpu', '2', '--rate', '10/1m')
  expect(await json<FlowLimit[]>('flows', 'limits')).toEqual([
    { name: 'gpu', slots: 2, rate: { takes: 10, per_ms: 60_000 }, held: 0, waiting: 0 },
  ])
  expect(await ok('flows', 'limits', 'ls')).toMatch(/gpu +2 +0 +0 +10 in 1 min/)
  expect((await cli('flows', 'limits', 'set', 'gpu', 'many')).status).toBe(2)
  await ok('flows', 'limits', 'rm', 'gpu')
  expect((await cli('flows', 'limits', 'rm', 'gpu')).stderr).toMatch('[flow_limit_not_found]')
  const workers = await json<FlowWorkerInfo[]>('workers', 'ls')
  expect(workers).toMatchObject([{ state: 'alive' }])
  expect(workers[0]?.flows.map(({ flow }) => flow)).toContain('sum')
  expect(await ok('workers', 'ls')).toMatch('alive')
})

test('the client runs a flow and gives its result, or says why there is none', async () => {
  const flows = flowClient({ url: fabrique.url })
  expect(await flows.runFlow('demo', 'sum', { month: '2026-11', count: 1 })).toEqual({ month: '2026-11', sum: 1 })
  await expect(flows.runFlow('demo', 'breaks', {})).rejects.toMatchObject({
    code: 'flow_run_failed',
    params: { state: 'Failed', reason: expect.stringContaining('no such table') },
  })
  await expect(flows.runFlow('demo', 'sum', {})).rejects.toMatchObject({
    code: 'flow_params_invalid',
    field: 'params.month',
  })
  await expect(flows.endOfRun('flow_x')).rejects.toMatchObject({ code: 'flow_run_not_found' })
  const { id } = await flows.startFlow('demo', 'sum', { month: 'x' }, { tags: ['a'], idempotencyKey: 'k' })
  const kinds = new Set<string>()
  for await (const { kind } of flows.followRun(id)) kinds.add(kind)
  expect([...kinds].sort()).toEqual(['logs', 'run', 'steps'])
})
