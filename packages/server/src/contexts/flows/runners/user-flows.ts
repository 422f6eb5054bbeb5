import { FabriqueError, type FlowDefinition, type ProjectDefinition } from '@fabrique/contract'
import type { EventStream, VerbContext } from '../../../platform/index.js'
import { type ScriptTools, trackingCredentials } from '../../training/index.js'
import type { KnownFlow, RunEnd, RunSession } from '../engine/model.js'
import { cancelLeftJobs } from './cancel-left-jobs.js'
import { performer } from './perform-step.js'
import { runInProcess } from './run-in-process.js'
import { RunnerPool } from './runner-pool.js'
import { hasFlow, type Ready } from './runner-process.js'
import type { TrainTools } from './train-declared.js'

/** Where a project has changed on disk, its runs are looked at again so often. */
const outdatedMs = 15_000

export interface UserFlowsOptions extends TrainTools {
  readonly ctx: VerbContext
  readonly events: EventStream
  readonly projects: readonly { readonly folder: string; readonly definition: ProjectDefinition }[]
  /** The command line of a process that runs flows of a project. */
  readonly command: (runner: { readonly folder: string; readonly memoryMb: number }) => readonly string[]
  readonly memoryMb: number
  /** What steps that run programs are run with; its environment is that of the processes too. */
  readonly script: ScriptTools
}

/** The flows of projects as a worker runs them. */
export interface UserFlows {
  readonly flows: readonly KnownFlow[]
  /** Ends their processes. */
  close(): Promise<void>
}

/** The flows that projects declare: their code runs in processes of its own, one for each project that is kept ready, more as they are needed. */
export function openUserFlows(options: UserFlowsOptions): UserFlows {
  const { ctx, memoryMb, script } = options
  const projects = options.projects.filter(({ definition }) => (definition.flows ?? []).length > 0)
  const folders = new Map(projects.map(({ folder, definition }) => [definition.name, folder]))
  const pool = new RunnerPool((project) => {
    const command = options.command({ folder: folders.get(project) ?? '.', memoryMb })
    const tracking = { MLFLOW_TRACKING_URI: script.trackingUri, ...trackingCredentials(script) }
    return { command, environment: { ...script.environment, ...tracking }, memoryMb }
  }, ctx.log)
  const perform = performer(options)

  const execute = async (session: RunSession, { name, version }: FlowDefinition): Promise<RunEnd> => {
    const { run, signal } = session
    if (signal.aborted) return { kind: 'cancelled' }
    const runner = pool.take(run.project)
    let isClean = false
    try {
      const ready = await Promise.race([runner.ready, runner.exited, abortOf(signal)])
      if (ready === undefined) return { kind: 'cancelled' }
      if (ready instanceof FabriqueError) {
        return { kind: 'crashed', failure: { code: ready.code, params: ready.params } }
      }
      if (!hasFlow(ready, name, version)) return wait(ctx, session, ready)
      const ran = await runInProcess({ session, runner, perform, clock: ctx.clock })
      isClean = ran.isClean
      return ran.end
    } finally {
      pool.giveBack(run.project, runner, isClean)
    }
  }
  for (const project of folders.keys()) pool.warm(project)
  const stopCancelling = cancelLeftJobs(ctx, options.events)
  return {
    flows: projects.flatMap(({ definition: { name: project, flows = [] } }) =>
      flows.map((flow) => ({ ...knownOf(project, flow), execute: (session) => execute(session, flow) })),
    ),
    async close() {
      await stopCancelling()
      await pool.close()
    },
  }
}

function knownOf(project: string, flow: FlowDefinition): Omit<KnownFlow, 'execute'> {
  const { name, version, retry, timeout_ms: timeoutMs, concurrency, limits, cache_ms: cacheMs } = flow
  return {
    project,
    flow: name,
    version,
    ...(retry === undefined ? {} : { retry }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(limits.length === 0 ? {} : { limits }),
    ...(cacheMs === undefined ? {} : { cacheMs }),
  }
}

/** What is on disk is not what this worker was started with: nothing is run by code that it does not know. */
function wait(ctx: VerbContext, session: RunSession, ready: Ready): RunEnd {
  const now = ctx.clock.now()
  const why = ready.kind === 'broken' ? `it does not load (${ready.failure.code})` : 'it has changed'
  const text = `The project is not as it was when the worker started: ${why}. The run waits; restart the worker`
  session.log([{ at: now, level: 'warn', stream: 'log', text }])
  return { kind: 'suspended', waits: [{ kind: 'moment', until: new Date(now.getTime() + outdatedMs) }] }
}

function abortOf(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
