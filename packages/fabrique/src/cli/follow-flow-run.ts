import { type FlowRun, type Language, routes } from '@fabrique/contract'
import { type ApiClient, flowClient } from '../client/index.js'
import { lineText, stateText, waitText } from './describe-flow-run.js'
import { flowMessages } from './flow-messages.js'
import { progressLines } from './progress-lines.js'

export interface FollowFlowOptions {
  readonly language: Language
  /** Whether its log is shown as it comes; else how far it is. */
  readonly logs: boolean
  /** True shows nothing while it runs. */
  readonly quiet?: boolean | undefined
}

/**
 * Waits for the end of a run, and shows it on standard error. Ctrl-C leaves the run to itself: undefined then, with the exit status of a
 * program that was interrupted.
 */
export async function followFlowRun(
  client: ApiClient,
  id: string,
  { language, logs, quiet = false }: FollowFlowOptions,
): Promise<FlowRun | undefined> {
  const flows = flowClient({ url: client.url, language })
  const lines = progressLines(process.stderr)
  const stop = new AbortController()
  const interrupt = () => stop.abort()
  process.once('SIGINT', interrupt)
  try {
    for await (const message of flows.followRun(id, { logs, signal: stop.signal })) {
      if (quiet) continue
      if (message.kind === 'logs') for (const line of message.lines) process.stderr.write(`${lineText(line)}\n`)
      if (message.kind !== 'run' || logs) continue
      const { run } = message
      const far = run.steps_total === 0 ? '' : `${run.steps_done}/${run.steps_total}`
      lines.busy(run.flow, [stateText(run.state, language), far, waitText(run, language)].filter(Boolean).join('  '))
    }
  } finally {
    lines.clear()
    process.off('SIGINT', interrupt)
  }
  if (stop.signal.aborted) {
    process.exitCode = 130
    process.stderr.write(`${flowMessages(language).goesOn(id)}\n`)
    return undefined
  }
  return client.call(routes.getFlowRun, { params: { flow_run: id } })
}
