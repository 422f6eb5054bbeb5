import { existsSync, readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { type FromRunner, flowRunnerProtocol, type RunnerRun } from '@fabrique/contract'
import { loadDeclaration } from '../project/load-project.js'
import type { DeclaredFlow } from '../sdk/flow-definition.js'
import { type Channel, openChannel } from './channel.js'
import { endGroup } from './end-group.js'
import { executeFlow } from './execute-flow.js'
import { Execution } from './execution.js'
import { captureOutput, LogLines } from './log-lines.js'
import { failureOf } from './step-failure.js'

export interface ServeFlows {
  readonly folder: string
  /** Memory that this process may take. */
  readonly bytesMax: number
}

/**
 * The process that runs flows of a project for a worker, one run at a time: loads the project, takes runs over the channel to the worker,
 * and ends with it.
 */
export async function serveFlows({ folder, bytesMax }: ServeFlows): Promise<void> {
  const parent = process.ppid
  process.once('disconnect', endGroup)
  new Worker(new URL('./watch-parent.js', import.meta.url), { workerData: { parent, bytesMax } }).unref()
  let current: Execution | undefined
  captureOutput(() => current?.lines)
  // What nobody caught is a failure of the run, not of this process.
  const uncaught = (error: unknown) => {
    if (current === undefined) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    else current.fail(error)
  }
  process.on('uncaughtException', uncaught)
  process.on('unhandledRejection', uncaught)

  const early: RunnerRun[] = []
  let flows: ReadonlyMap<string, DeclaredFlow> | undefined
  const begin = (run: RunnerRun) => {
    if (flows === undefined) {
      early.push(run)
      return
    }
    const execution = new Execution({ run, flows, channel, lines: new LogLines(channel) })
    current = execution
    void serve(execution, channel).then((message) => {
      current = undefined
      channel.tell(message)
    })
  }
  const channel = openChannel((message) => {
    if (message.kind === 'run') begin(message.run)
    else current?.abort(message.reason)
  })
  try {
    ;({ flows } = await loadDeclaration(folder))
  } catch (error) {
    channel.tell({ kind: 'broken', failure: failureOf(error) })
    await channel.flushed()
    process.exit(1)
  }
  channel.tell({
    kind: 'ready',
    protocol: flowRunnerProtocol,
    flows: [...flows.values()].map(({ definition: { name, version } }) => ({ name, version })),
  })
  for (const run of early) begin(run)
}

async function serve(execution: Execution, channel: Channel): Promise<FromRunner> {
  const end = await executeFlow(execution)
  execution.close()
  await execution.lines.end()
  await channel.flushed()
  return { kind: 'ended', end, isClean: !execution.hasLeftovers && !hasChildren() }
}

/** Whether the run left processes behind; known on Linux only. */
function hasChildren(): boolean {
  const file = `/proc/self/task/${process.pid}/children`
  return existsSync(file) && readFileSync(file, 'utf8').trim() !== ''
}
