import { Registry } from 'prom-client'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type FlowSuite, flowOf, openFlowSuite } from '../../../test/support/flow-suite.js'
import type { FlowExecutor } from './engine/model.js'
import { addFlowGauges } from './flow-gauges.js'

let suite: FlowSuite
beforeAll(async () => {
  suite = await openFlowSuite()
})
afterEach(() => suite?.stopWorkers())
afterAll(() => suite?.close())

/** What Prometheus would read now. */
async function metrics(): Promise<string> {
  const registry = new Registry()
  addFlowGauges(suite.ctx, registry)
  return registry.metrics()
}

test('runs that wait, run and ended, and the workers', async () => {
  expect(await metrics()).toMatch(/^fabrique_flow_workers 0$/m)
  await suite.ask('gauged')
  await suite.ask('gauged')
  const before = await metrics()
  expect(before).toMatch(/^fabrique_flow_runs\{project="test",flow="gauged",state="scheduled"\} 2$/m)
  expect(before).toMatch(/^fabrique_flow_queue_depth\{project="test",flow="gauged"\} 2$/m)
  expect(before).toMatch(/^fabrique_flow_queue_oldest_seconds\{project="test",flow="gauged"\} \d/m)

  const ends: (() => void)[] = []
  const held: FlowExecutor = () =>
    new Promise((resolve) => {
      ends.push(() =>
        resolve(ends.length === 1 ? { kind: 'completed', result: null } : { kind: 'completed', result: 1 }),
      )
    })
  await suite.start([flowOf('gauged', held)], { runsMax: 5 })
  await expect.poll(() => ends.length).toBe(2)
  const running = await metrics()
  expect(running).toMatch(/^fabrique_flow_runs\{project="test",flow="gauged",state="running"\} 2$/m)
  expect(running).not.toMatch(/^fabrique_flow_queue_depth\{/m)
  expect(running).toMatch(/^fabrique_flow_workers 1$/m)
  expect(running).toMatch(/^fabrique_flow_worker_slots 5$/m)
  expect(running).toMatch(/^fabrique_flow_worker_slots_busy 2$/m)

  for (const end of ends) end()
  await expect
    .poll(metrics)
    .toMatch(/^fabrique_flow_runs_last_hour\{project="test",flow="gauged",state="completed"\} 2$/m)
  const over = await metrics()
  expect(over).toMatch(/^fabrique_flow_run_duration_mean_seconds\{project="test",flow="gauged",state="completed"\} \d/m)
  expect(over).toMatch(/^fabrique_flow_last_ended_timestamp_seconds\{.*state="completed"\} 1[\d.e+]+$/m)
  expect(over).not.toMatch(/^fabrique_flow_runs\{/m)
})
