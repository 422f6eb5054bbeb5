import { type FlowStep, routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { flowMessages } from '../flow-messages.js'
import { flowRef, valuesOf } from '../flow-values.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { terminalLanguage } from '../terminal-language.js'

function setUp(flags: AskFlags) {
  const language = terminalLanguage(flags.lang, process.env)
  const tell = (json: unknown, text: string) => {
    if (flags.json === true) printJson(json)
    else process.stdout.write(`${text}\n`)
  }
  return { language, client: apiClient({ url: serverUrl(flags), language }), texts: flowMessages(language), tell }
}

type Reasoned = AskFlags & { readonly reason: string }

/** Cancels a run. */
export async function flowsCancel(flow_run: string, flags: Reasoned): Promise<void> {
  const { client, texts, tell } = setUp(flags)
  const run = await client.call(routes.cancelFlowRun, { params: { flow_run }, body: { reason: flags.reason } })
  tell(run, texts.cancelling(run.id))
}

export interface ApproveFlags extends AskFlags {
  readonly reject?: boolean
  readonly value: readonly string[]
  readonly comment: string
}

/** Approves, or rejects, what a step waits for. */
export async function flowsApprove(flow_run: string, step: string, flags: ApproveFlags): Promise<void> {
  const { client, language, texts, tell } = setUp(flags)
  const decision = flags.reject === true ? 'rejected' : 'approved'
  const params = { flow_run, step }
  const { items } = await client.call(routes.listFlowSteps, { params: { flow_run }, query: { name: step } })
  const values = valuesOf(flags.value, formOf(items[0]), '--value', language)
  const body = { decision, values, comment: flags.comment } as const
  tell(await client.call(routes.decideApproval, { params, body }), `${texts.decided[decision]}: ${step}`)
}

const formOf = (step: FlowStep | undefined) => step?.approval?.form ?? {}

type PauseFlags = Reasoned & { readonly schedule?: string }

/** Stops schedules and triggers of a flow, or one schedule. */
export async function flowsPause(what: string, flags: PauseFlags): Promise<void> {
  const { client, language, texts, tell } = setUp(flags)
  const flow = await client.call(routes.pauseFlow, { params: flowRef(what, language), body: bodyOf(flags) })
  tell(flow, texts.pausedNow(named(what, flags)))
}

/** Lets schedules and triggers start the flow again. */
export async function flowsResume(what: string, flags: PauseFlags): Promise<void> {
  const { client, language, texts, tell } = setUp(flags)
  const flow = await client.call(routes.resumeFlow, { params: flowRef(what, language), body: bodyOf(flags) })
  tell(flow, texts.resumedNow(named(what, flags)))
}

const bodyOf = ({ reason, schedule }: PauseFlags) => ({ reason, ...(schedule === undefined ? {} : { schedule }) })
const named = (what: string, { schedule }: PauseFlags) => (schedule === undefined ? what : `${what} ${schedule}`)
