import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type FlowSuite, flowOf, openFlowSuite, step } from '../../../../test/support/flow-suite.js'
import { openRoad, type Road } from '../../../../test/support/open-road.js'
import { openDatabase } from '../../../platform/index.js'
import { performer } from '../runners/perform-step.js'
import { trainingRegistry } from '../training-registry.js'

let suite: FlowSuite
let road: Road
beforeAll(async () => {
  suite = await openFlowSuite()
  road = await openRoad(new URL(suite.database.url))
})
afterEach(() => suite?.stopWorkers())
afterAll(async () => {
  await suite?.stopWorkers()
  await road?.close()
  await suite?.close()
})

/** The database over a network that can be cut. */
function remoteUrl(): string {
  const url = new URL(suite.database.url)
  url.searchParams.delete('host')
  url.hostname = '127.0.0.1'
  url.port = String(road.port)
  return url.toString()
}

test('a worker that is cut off has its runs taken over, cannot write late, and comes back', async () => {
  const results: unknown[] = []
  let goOn = () => {}
  const held = new Promise<void>((resolve) => {
    goOn = resolve
  })
  let hasBegun = false
  const cut = flowOf('cut', async (session) => {
    await step(session, 'before', async () => 'kept')
    await session.beginStep({ name: 'during', kind: 'run' })
    hasBegun = true
    await held
    const late = await session.endStep('during', { kind: 'completed', result: '"late"' }).catch((error) => error)
    results.push(late)
    return { kind: 'completed', result: 'late' }
  })
  const { id } = await suite.ask('cut')
  const remote = await suite.start([cut], { renewMs: 300, url: remoteUrl() })
  await expect
    .poll(() => suite.rows('select name from flow_steps where run_id = $1 order by position', [id]))
    .toEqual([{ name: 'before' }, { name: 'during' }])
  await expect.poll(() => hasBegun).toBe(true)
  const first = remote.id()
  road.hush(true)
  await suite.rows(`update flow_workers set lease_until = clock_timestamp() - interval '1 min' where id = $1`, [first])
  // What is under way on the connection when it is cut waits for an answer.
  goOn()
  const other = flowOf('cut', async (session) => {
    const before = await step(session, 'before', async () => 'again')
    const during = await step(session, 'during', async () => 'here')
    return { kind: 'completed', result: [before, during] }
  })
  await suite.start([other], { leaseMs: 2_000 })
  await suite.until(id, 'COMPLETED Completed')
  expect(await suite.rows('select result, take_overs from flow_runs where id = $1', [id])).toEqual([
    { result: ['kept', 'here'], take_overs: 1 },
  ])
  road.hush(false)
  await expect.poll(() => results).toMatchObject([{ code: 'flow_run_taken_over' }])
  await expect.poll(() => remote.id() !== undefined && remote.id() !== first).toBe(true)
  expect(await suite.rows('select result from flow_steps where run_id = $1 order by position', [id])).toEqual([
    { result: '"kept"' },
    { result: '"here"' },
  ])
})

test('a database that is away is waited for: the run goes on where it was, on the same worker', async () => {
  const flow = flowOf('away', async (session) => {
    for (let at = 0; at < 20; at += 1) {
      await step(session, `step-${at}`, async () => {
        if (at !== 10) return at
        await road.close()
        // While the end of this step is tried again and again.
        setTimeout(() => void road.open(), 500)
        return at
      })
    }
    return { kind: 'completed', result: session.run.epoch }
  })
  const { id } = await suite.ask('away')
  await suite.start([flow], { url: remoteUrl() })
  await suite.until(id, 'COMPLETED Completed')
  expect(await suite.rows('select result, take_overs from flow_runs where id = $1', [id])).toEqual([
    { result: 1, take_overs: 0 },
  ])
  const steps = await suite.rows('select max(attempts) as most, count(*)::int from flow_steps where run_id = $1', [id])
  expect(steps).toEqual([{ most: 1, count: 20 }])
})

test('a database that is away fails no step that the worker carries out', async () => {
  const script = { trackingUri: '', environment: {}, folderOf: () => undefined }
  const trainingTools = { ...trainingRegistry, threads: 1, environment: () => ({}), script }
  // Gives up at once, where the connections of the worker wait for the database.
  const { db, close } = openDatabase({ url: remoteUrl(), applicationName: 'fabrique-test', onError: () => {} })
  try {
    const perform = performer({ ctx: { ...suite.ctx, db }, script, trainingTools, promotionRule: () => undefined })
    const parent = flowOf('asks', async (session) => {
      await road.close()
      setTimeout(() => void road.open(), 500)
      const step = { name: 'child', kind: 'flow' } as const
      const work = { kind: 'flow', flow: 'asked', params: {} } as const
      const performed = await perform(session, { kind: 'call', call: 1, method: 'perform', step, work })
      if (performed.kind === 'waiting') return { kind: 'suspended', waits: [performed.wait] }
      return { kind: 'completed', result: performed.end.kind }
    })
    const { id } = await suite.ask('asks')
    await suite.start([parent, flowOf('asked', async () => ({ kind: 'completed', result: null }))])
    await suite.until(id, 'COMPLETED Completed')
    expect(await suite.rows('select result from flow_runs where id = $1', [id])).toEqual([{ result: 'completed' }])
  } finally {
    await close()
  }
})
