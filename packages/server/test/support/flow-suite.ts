import { expect } from 'vitest'
import { type EnqueuedRun, enqueueRun, type RunToEnqueue } from '../../src/contexts/flows/engine/enqueue-run.js'
import {
  type FlowWorker,
  type FlowWorkerOptions,
  startFlowWorker,
} from '../../src/contexts/flows/engine/flow-worker.js'
import type { FlowExecutor, KnownFlow, RunSession } from '../../src/contexts/flows/engine/model.js'
import { type EventStream, openEventStream } from '../../src/platform/events/index.js'
import { openTestContext, type TestContext } from './test-context.js'

/** A test context in which workers run flows. */
export interface FlowSuite extends TestContext {
  readonly events: EventStream
  start(flows: readonly KnownFlow[], options?: Partial<FlowWorkerOptions>): Promise<FlowWorker>
  /** Asks for a run of `test/<flow>`. */
  ask(flow: string, more?: Partial<RunToEnqueue>): Promise<EnqueuedRun>
  stateOf(run: string): Promise<string>
  /** Waits until a run has a state, as `COMPLETED Completed`. */
  until(run: string, state: string): Promise<void>
  rows<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** Stops the workers that were started. */
  stopWorkers(): Promise<void>
}

/** For `beforeAll`; call `close` in `afterAll`. */
export async function openFlowSuite(): Promise<FlowSuite> {
  const suite = await openTestContext()
  const { ctx, database } = suite
  const events = openEventStream({
    db: database.db,
    url: database.url,
    applicationName: 'fabrique-test',
    log: ctx.log,
    pollMs: 100,
  })
  const workers: FlowWorker[] = []
  const rows = async <Row>(text: string, values: readonly unknown[] = []) =>
    (await database.pool.query(text, [...values])).rows as Row[]
  const stateOf = async (run: string) => {
    const [row] = await rows<{ state: string }>(
      `select state_type || ' ' || state_name as state from flow_runs where id = $1`,
      [run],
    )
    return row?.state ?? ''
  }
  const stopWorkers = async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close()))
  }
  return {
    ...suite,
    events,
    async start(flows, options = {}) {
      const url = database.url
      const worker = await startFlowWorker({ ctx, url, events, flows, host: 'here', pid: 1, pollMs: 100, ...options })
      workers.push(worker)
      return worker
    },
    ask: (flow, more = {}) =>
      enqueueRun(ctx, { project: 'test', flow, params: {}, origin: 'manual', scheduledFor: ctx.clock.now(), ...more }),
    stateOf,
    async until(run, state) {
      await expect.poll(() => stateOf(run)).toBe(state)
    },
    rows,
    stopWorkers,
    async close() {
      await stopWorkers()
      await events.close()
      await suite.close()
    },
  }
}

/** A flow of the project `test` whose body is a function of the test. */
export function flowOf(flow: string, execute: FlowExecutor, more: Partial<KnownFlow> = {}): KnownFlow {
  return { project: 'test', flow, version: '1', execute, ...more }
}

/** Runs a step once: its result where it is over, else what the action gives. */
export async function step<Result>(
  session: RunSession,
  name: string,
  action: (key: string) => Promise<Result>,
): Promise<Result> {
  const over = session.run.finished.find((finished) => finished.name === name)?.end
  if (over?.kind === 'completed') return JSON.parse(over.result)
  const begun = await session.beginStep({ name, kind: 'run' })
  if (begun.kind !== 'begun') throw new Error(`Step ${name} is ${begun.kind}`)
  const result = await action(begun.idempotencyKey)
  await session.endStep(name, { kind: 'completed', result: JSON.stringify(result) })
  return result
}
