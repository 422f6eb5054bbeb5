import { randomUUID } from 'node:crypto'
import { type ActiveRun, activeRun } from './active-run.js'
import { artifactCalls } from './artifacts.js'
import { experimentCalls } from './experiments.js'
import type { LogQueueOptions } from './log-queue.js'
import { loggedModelCalls } from './logged-models.js'
import { registryCalls } from './registry.js'
import { type NewRun, runCalls } from './runs.js'
import { type MlflowConnection, makeTransport } from './transport.js'

export interface StartRun extends NewRun {
  /** Name of the experiment, made where it is missing; instead of `experimentId`. */
  readonly experiment?: string
  readonly queue?: Pick<LogQueueOptions, 'lingerMs' | 'entriesMax'>
}

/** A client of a tracking server and model registry that speaks the MLflow protocol: Fabrique, or MLflow 2.14 and later. */
export type MlflowClient = ReturnType<typeof mlflowClient>

/**
 * Opens a client; nothing is sent before the first call.
 *
 *     const mlflow = mlflowClient({ url: 'http://127.0.0.1:8000' })
 *     await mlflow.withRun({ experiment: 'iris' }, async (run) => {
 *       run.logParam('depth', 3)
 *       for (const [step, loss] of losses.entries()) await run.logMetric('loss', loss, { step })
 *     })
 *
 * Calls throw `mlflow_refused` with the code and message of the server (see `isMlflowError`) and `mlflow_unreachable` when
 * the deadline passed. What may be repeated without harm is tried again until then.
 */
export function mlflowClient(connection: MlflowConnection) {
  const transport = makeTransport(connection)
  const experiments = experimentCalls(transport)
  const runs = runCalls(transport)
  const artifacts = artifactCalls(transport)

  /** Creates a run and gives the handle that logs to it in the background. */
  const startRun = async ({ experiment, queue, ...run }: StartRun = {}): Promise<ActiveRun> => {
    const experimentId =
      experiment === undefined ? run.experimentId : (await experiments.ensure(experiment)).experimentId
    // With an id of our own a creation may be tried again after a lost reply.
    const runId = run.runId ?? randomUUID().replaceAll('-', '')
    const created = await runs.create({ ...run, runId, ...(experimentId === undefined ? {} : { experimentId }) })
    return activeRun({ run: created, runs, artifacts, ...(queue === undefined ? {} : { queue }) })
  }

  return {
    experiments,
    runs,
    artifacts,
    registry: registryCalls(transport),
    loggedModels: loggedModelCalls(transport),
    startRun,
    /** Goes on with a run that exists; it is running again until `end`. */
    async resumeRun(runId: string): Promise<ActiveRun> {
      await runs.update(runId, { status: 'RUNNING' })
      return activeRun({ run: await runs.get(runId), runs, artifacts })
    },
    /** Runs an action with a run that ends with it: finished, or failed when it throws. */
    async withRun<Output>(options: StartRun, action: (run: ActiveRun) => Promise<Output>): Promise<Output> {
      const run = await startRun(options)
      try {
        const output = await action(run)
        await run.end()
        return output
      } catch (error) {
        // The reason of the failure matters more than one of its last entries.
        await run.end('FAILED').catch(() => {})
        throw error
      }
    },
    /** The version of MLflow that the server speaks. */
    async version(): Promise<string> {
      return (await (await transport.download('/version')).text()).trim()
    },
  }
}
