import { type FlowRun, type Language, routes } from '@fabrique/contract'
import { type ApiClient, apiClient } from '../../client/index.js'
import { flowMessages } from '../flow-messages.js'
import { flowRef, momentOf, valuesInFile, valuesOf } from '../flow-values.js'
import { followFlowRun } from '../follow-flow-run.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { terminalLanguage } from '../terminal-language.js'
import { describeRun, stepsOf } from './flows-show.js'

interface FollowFlags extends AskFlags {
  readonly wait?: boolean
  readonly follow?: boolean
}

export interface RunFlags extends FollowFlags {
  readonly param: readonly string[]
  readonly paramsFile?: string
  readonly at?: string
  readonly priority?: string
  readonly tag: readonly string[]
  readonly key?: string
  readonly reason: string
}

/** Asks for a run of a flow. With `--wait` or `--follow`, exit status 1 where it does not complete. */
export async function flowsRun(what: string, flags: RunFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const params = flowRef(what, language)
  const started = await client.call(routes.startFlow, {
    params,
    body: {
      params: await paramsOf(client, params, flags, language),
      reason: flags.reason,
      tags: [...flags.tag],
      ...(flags.at === undefined ? {} : { at: momentOf(flags.at, '--at', language) }),
      ...(flags.priority === undefined ? {} : { priority: Number(flags.priority) }),
      ...(flags.key === undefined ? {} : { idempotency_key: flags.key }),
    },
  })
  await tellRun(client, started, flags, flowMessages(language).started(started.id))
}

async function paramsOf(
  client: ApiClient,
  flow: { readonly project: string; readonly flow: string },
  { param, paramsFile }: RunFlags,
  language: Language,
) {
  const inFile = paramsFile === undefined ? {} : await valuesInFile(paramsFile, '--params-file', language)
  if (param.length === 0) return inFile
  const { definition } = await client.call(routes.getFlow, { params: flow })
  return { ...inFile, ...valuesOf(param, definition.params_schema, '--param', language) }
}

/** Tells of a run that was asked for: at once, or at its end where that is waited for. */
async function tellRun(client: ApiClient, started: FlowRun, flags: FollowFlags, text: string): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  if (flags.wait !== true && flags.follow !== true) {
    if (flags.json === true) printJson(started)
    else process.stdout.write(`${text}\n`)
    return
  }
  if (flags.json !== true) process.stderr.write(`${text}\n`)
  const quiet = flags.json === true && flags.follow !== true
  const run = await followFlowRun(client, started.id, { language, logs: flags.follow === true, quiet })
  if (run === undefined) return
  if (run.state.type !== 'COMPLETED') process.exitCode = 1
  if (flags.json === true) printJson(run)
  else process.stdout.write(describeRun(run, await stepsOf(client, run.id), language))
}

export interface RetryFlags extends FollowFlags {
  readonly from: 'start' | 'failed'
  readonly step?: string
  readonly reason: string
}

/** Runs a run again, as a new one that takes over what is done. */
export async function flowsRetry(flow_run: string, flags: RetryFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const { from, step, reason } = flags
  const body = { from, reason, ...(step === undefined ? {} : { step }) }
  const started = await client.call(routes.retryFlowRun, { params: { flow_run }, body })
  await tellRun(client, started, flags, flowMessages(language).again(started.id, started.steps_done))
}
