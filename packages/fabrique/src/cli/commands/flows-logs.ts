import { FlowLogLevel, type FlowLogLine, type Language, routes } from '@fabrique/contract'
import { type ApiClient, apiClient, flowClient } from '../../client/index.js'
import { lineText } from '../describe-flow-run.js'
import { flowMessages } from '../flow-messages.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { terminalLanguage } from '../terminal-language.js'
import { wrongUse } from '../wrong-use.js'

export interface LogFlags extends AskFlags {
  readonly follow?: boolean
  readonly step?: string
  readonly level?: string
  readonly search?: string
}

/** Prints what a run logged; with `-f`, also what it logs until it is over. */
export async function flowsLogs(flow_run: string, flags: LogFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const level = FlowLogLevel.options.find((known) => known === flags.level)
  if (flags.level !== undefined && level === undefined) {
    throw wrongUse('--level', flowMessages(language).oneOf(FlowLogLevel.options.join(', ')))
  }
  const { step, search } = flags
  const filter = {
    ...(level === undefined ? {} : { level }),
    ...(step === undefined ? {} : { step }),
    ...(search === undefined ? {} : { search }),
  }
  const kept: FlowLogLine[] = []
  const show = (line: FlowLogLine) => {
    if (flags.json === true) kept.push(line)
    else process.stdout.write(`${lineText(line)}\n`)
  }
  // What is there already is filtered by the server, and what comes afterwards is looked through here.
  const { last, dropped } = await printKept(client, flow_run, filter, show)
  if (flags.follow === true) await printNew(client.url, { flow_run, after: last, language, filter }, show)
  if (flags.json === true) printJson(kept)
  else if (dropped > 0) process.stderr.write(`${flowMessages(language).dropped(dropped)}\n`)
}

interface LineFilter {
  readonly level?: FlowLogLevel
  readonly step?: string
  readonly search?: string
}

async function printKept(
  client: ApiClient,
  flow_run: string,
  filter: LineFilter,
  show: (line: FlowLogLine) => void,
): Promise<{ readonly last: number; readonly dropped: number }> {
  let last = -1
  for (let token: string | undefined; ; ) {
    const query = { ...filter, limit: 1000, ...(token === undefined ? {} : { page_token: token }) }
    const page = await client.call(routes.listFlowLogs, { params: { flow_run }, query })
    for (const line of page.items) show(line)
    last = page.items.at(-1)?.position ?? last
    token = page.next_page_token
    if (token === undefined) return { last, dropped: page.dropped }
  }
}

interface NewLines {
  readonly flow_run: string
  readonly after: number
  readonly language: Language
  readonly filter: LineFilter
}

async function printNew(
  url: string,
  { flow_run, after, language, filter }: NewLines,
  show: (line: FlowLogLine) => void,
): Promise<void> {
  const stop = new AbortController()
  const interrupt = () => stop.abort()
  process.once('SIGINT', interrupt)
  const messages = flowClient({ url, language }).followRun(flow_run, { after, signal: stop.signal })
  let shown = after
  for await (const message of messages) {
    if (message.kind !== 'logs') continue
    for (const line of message.lines) {
      if (line.position > shown && matches(line, filter)) show(line)
      shown = Math.max(shown, line.position)
    }
  }
  process.off('SIGINT', interrupt)
}

function matches(line: FlowLogLine, { level, step, search }: LineFilter): boolean {
  const levels = FlowLogLevel.options
  if (level !== undefined && levels.indexOf(line.level) < levels.indexOf(level)) return false
  if (step !== undefined && line.step !== step && line.step?.startsWith(`${step}[`) !== true) return false
  return search === undefined || line.text.toLowerCase().includes(search.toLowerCase())
}
