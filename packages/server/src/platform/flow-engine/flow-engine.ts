import type { DBOS as DbosClass } from '@dbos-inc/dbos-sdk'
import { type ErrorParams, FabriqueError, isFabriqueError, type Json } from '@fabrique/contract'
import { retry } from '../../kernel/index.js'
import type { Log } from '../logs/index.js'

/** The durable steps of a running flow: a finished step is never run again, its result comes from the database. */
export interface FlowSteps {
  /**
   * Runs an action once. `name` must be the same in each execution of the flow. The result must be JSON. An error of the
   * catalogue is remembered like a result; any other error too, as `internal_error`.
   */
  run<Result extends Json>(name: string, action: () => Promise<Result>): Promise<Result>
}

export type FlowFunction = (steps: FlowSteps, runId: string, input: Json) => Promise<void>

/** Durable execution of flows in this process, on the shared database. */
export interface FlowEngine {
  /** Starts a flow run in the background; the same id a second time does nothing. */
  start(flow: string, runId: string, input: Json): Promise<void>
  /** Runs of executors that are not in `aliveExecutors` go on here. Returns their ids. */
  takeOver(aliveExecutors: readonly string[]): Promise<readonly string[]>
  /** Those of the runs that are over, with the reason of those that ended with an error. */
  ended(runIds: readonly string[]): Promise<readonly { readonly runId: string; readonly reason: string | undefined }[]>
  /** Waits up to `waitMs` for the runs of this process, then leaves them to be taken over. */
  close(waitMs: number): Promise<void>
}

export interface FlowEngineOptions {
  readonly url: string
  /** Unique for each process: two processes under one id would run each other's steps. */
  readonly executorId: string
  readonly flows: Readonly<Record<string, FlowFunction>>
  readonly log: Log
}

/** What a step left: its result, or its error in a form that survives the database. */
type StepOutcome =
  | { readonly ok: true; readonly result: Json }
  | {
      readonly ok: false
      readonly code: string
      readonly params: Readonly<Record<string, string | number>>
      readonly field: string | null
    }

const openStates: ReadonlySet<string> = new Set(['PENDING', 'ENQUEUED', 'DELAYED'])

/** Runs recover only on an equal version; a change of the steps of a shipped flow changes this. */
const flowsVersion = 'fabrique-flows-1'

/** Starts the engine: DBOS, in its own schema of the database. Loaded lazily, since only workers need it. */
export async function openFlowEngine(options: FlowEngineOptions): Promise<FlowEngine> {
  const { DBOS } = await import('@dbos-inc/dbos-sdk')
  const { log } = options
  DBOS.setConfig({
    name: 'fabrique',
    systemDatabaseUrl: options.url,
    systemDatabaseSchemaName: 'dbos',
    systemDatabasePoolSize: 3,
    executorID: options.executorId,
    applicationVersion: flowsVersion,
    logger: {
      info: (entry) => log.debug({ engine: 'dbos' }, String(entry)),
      debug: () => {},
      warn: (entry) => log.warn({ engine: 'dbos' }, String(entry)),
      error: (entry) => log.error({ engine: 'dbos', err: entry }, 'The flow engine reports an error'),
    },
  })
  const workflows = new Map<string, (runId: string, input: Json) => Promise<void>>()
  for (const [name, flow] of Object.entries(options.flows)) {
    workflows.set(
      name,
      DBOS.registerWorkflow((runId: string, input: Json) => flow(durableSteps(DBOS, log), runId, input), { name }),
    )
  }
  await DBOS.launch()

  return {
    async start(flow, runId, input) {
      const workflow = workflows.get(flow)
      if (workflow === undefined) throw new Error(`No flow is named ${flow}`)
      await DBOS.startWorkflow(workflow, { workflowID: runId })(runId, input)
    },
    async takeOver(aliveExecutors) {
      const open = await DBOS.listWorkflows({ status: 'PENDING', loadInput: false, loadOutput: false })
      const left = open.filter(({ executorId }) => executorId === undefined || !aliveExecutors.includes(executorId))
      for (const { workflowID } of left) await DBOS.resumeWorkflow(workflowID)
      return left.map(({ workflowID }) => workflowID)
    },
    async ended(runIds) {
      if (runIds.length === 0) return []
      const found = await DBOS.listWorkflows({ workflowIDs: [...runIds], loadInput: false })
      return found
        .filter(({ status }) => !openStates.has(status))
        .map(({ workflowID, status, error }) => ({
          runId: workflowID,
          reason: status === 'SUCCESS' ? undefined : error instanceof Error ? error.message : status,
        }))
    },
    close: (waitMs) => DBOS.shutdown({ deregister: true, workflowCompletionTimeoutMS: waitMs }),
  }
}

const databaseAway = {
  attempts: 120,
  delayMs: 250,
  delayMsMax: 5_000,
  retryable: (error: unknown) => isFabriqueError(error) && error.code === 'database_unavailable',
}

function durableSteps(DBOS: typeof DbosClass, log: Log): FlowSteps {
  return {
    async run<Result extends Json>(name: string, action: () => Promise<Result>) {
      const outcome = await DBOS.runStep<StepOutcome>(async () => outcomeOf(action, name, log), { name })
      if (outcome.ok) return outcome.result as Result
      // The code and its values were valid when they were written; the catalogue only grows.
      throw new FabriqueError(
        outcome.code as 'internal_error',
        outcome.params as ErrorParams<'internal_error'>,
        outcome.field === null ? {} : { field: outcome.field },
      )
    },
  }
}

async function outcomeOf(action: () => Promise<Json>, name: string, log: Log): Promise<StepOutcome> {
  try {
    // A database that is away for a while is waited for: the step is safe to run again, since it is not recorded yet.
    return { ok: true, result: await retry(action, databaseAway) }
  } catch (error) {
    const known = isFabriqueError(error) ? error : new FabriqueError('internal_error', {}, { cause: error })
    if (known.code === 'internal_error') log.error({ step: name, err: error }, 'A step failed')
    return { ok: false, code: known.code, params: known.params, field: known.field ?? null }
  }
}
