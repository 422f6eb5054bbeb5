import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type FlowSuite, flowOf, openFlowSuite } from '../../../../test/support/flow-suite.js'
import type { FlowExecutor, RunEnd } from '../engine/model.js'
import { trainingRegistry } from '../training-registry.js'
import { performer } from './perform-step.js'

let suite: FlowSuite
beforeAll(async () => {
  suite = await openFlowSuite()
})
afterAll(() => suite?.close())
afterEach(() => suite.stopWorkers())

const failure = { code: 'internal_error', params: {} } as const
const again = { retry: { retries: 1, delays_ms: [10], jitter: 0 } }

/** Runs `child` as its only step, and ends as `endOf` says after it has one. */
function parent(endOf: (attempt: number) => RunEnd | undefined): FlowExecutor {
  const script = { trackingUri: '', environment: {}, folderOf: () => '.' }
  const trainingTools = { ...trainingRegistry, threads: 1, environment: () => ({}), script }
  const perform = performer({ ctx: suite.ctx, script, trainingTools, promotionRule: () => undefined })
  return async (session) => {
    const step = { name: 'child', kind: 'flow' } as const
    const work = { kind: 'flow', flow: 'child', params: {} } as const
    const performed = await perform(session, { kind: 'call', call: 1, method: 'perform', step, work })
    const end = endOf(session.run.attempt)
    if (end !== undefined) return end
    if (performed.kind === 'waiting') return { kind: 'suspended', waits: [performed.wait] }
    const { end: ended } = performed
    return ended.kind === 'completed'
      ? { kind: 'completed', result: JSON.parse(ended.result) }
      : { kind: 'failed', failure: ended.failure }
  }
}

const childrenOf = async (run: string) =>
  (
    await suite.rows<{ id: string }>('select id from flow_runs where origin_of = $1 order by requested_at, id', [run])
  ).map(({ id }) => id)

test('a run that is tried again runs a child that failed again', async () => {
  let runs = 0
  const child: FlowExecutor = async () => {
    runs += 1
    return runs === 1 ? { kind: 'failed', failure } : { kind: 'completed', result: runs }
  }
  await suite.start([
    flowOf(
      'parent',
      parent(() => undefined),
      again,
    ),
    flowOf('child', child),
  ])
  const { id } = await suite.ask('parent')
  await suite.until(id, 'COMPLETED Completed')
  expect(await suite.rows('select attempt, result from flow_runs where id = $1', [id])).toEqual([
    { attempt: 2, result: 2 },
  ])
  expect(await childrenOf(id)).toHaveLength(2)
})

test('a run that is tried again waits on for a child that is not over', async () => {
  let isReleased = () => {}
  const released = new Promise<void>((resolve) => {
    isReleased = resolve
  })
  const child: FlowExecutor = async () => {
    await released
    return { kind: 'completed', result: 'done' }
  }
  const once = parent((attempt) => (attempt === 1 ? { kind: 'failed', failure } : undefined))
  await suite.start([flowOf('parent', once, again), flowOf('child', child)])
  const { id } = await suite.ask('parent')
  await suite.until(id, 'PAUSED Suspended')
  isReleased()
  await suite.until(id, 'COMPLETED Completed')
  expect(await childrenOf(id)).toHaveLength(1)
})
