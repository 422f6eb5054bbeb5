import type { LoopRun } from '@fabrique/contract'
import { startFlowWorker } from '../../src/contexts/flows/engine/flow-worker.js'
import { type LoopFlowOptions, loopFlow } from '../../src/contexts/flows/loop-flow.js'
import { executorOf, type FlowFunction, type FlowSteps } from '../../src/contexts/flows/loop-steps.js'
import { getLoopRun, loopName, requestLoop } from '../../src/contexts/flows/request-loop.js'
import { pollUntil } from '../../src/kernel/index.js'
import { openEventStream } from '../../src/platform/events/index.js'
import { realClock } from './test-clock.js'
import type { TestContext } from './test-context.js'

export interface LoopToRun {
  readonly project: string
  readonly model: string
  readonly options: Omit<LoopFlowOptions, 'ctx'>
  /** Wraps the steps of the loop. */
  readonly steps?: (steps: FlowSteps) => FlowSteps
  /** Stops the worker before the loop is over. */
  readonly stop?: AbortSignal
}

/** Runs the loop of a model once, in a worker of its own; gives it as it is when it is over or the worker was stopped. */
export async function runLoop(suite: TestContext, loop: LoopToRun): Promise<LoopRun> {
  const { ctx, database } = suite
  const { project, model, stop } = loop
  const events = openEventStream({
    db: database.db,
    url: database.url,
    applicationName: 'fabrique-test',
    log: ctx.log,
    pollMs: 100,
  })
  const flow = loopFlow({ ...loop.options, ctx })
  const wrapped: FlowFunction = (steps, ...rest) => flow(loop.steps?.(steps) ?? steps, ...rest)
  const { id } = await requestLoop({ ctx, input: { project, model } })
  const worker = await startFlowWorker({
    ctx,
    url: database.url,
    events,
    flows: [{ project, flow: loopName, version: '1', isBuiltIn: true, execute: executorOf(ctx, wrapped) }],
    host: 'here',
    pid: 1,
  })
  try {
    return await pollUntil(
      () => getLoopRun({ ctx, input: { flow_run: id, language: 'en' } }),
      ({ state }) => state === 'succeeded' || state === 'failed' || stop?.aborted === true,
      { clock: realClock, waitMs: 240_000 },
    )
  } finally {
    await worker.close()
    await events.close()
  }
}
