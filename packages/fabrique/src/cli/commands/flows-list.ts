import { type Flow, type FlowWorkerInfo, type Language, routes } from '@fabrique/contract'
import pc from 'picocolors'
import { apiClient } from '../../client/index.js'
import { scheduleText, spanText, stateText } from '../describe-flow-run.js'
import { flowMessages } from '../flow-messages.js'
import { formatCount, formatMoment } from '../format.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'

/** Lists the flows of one project or of all. */
export async function flowsLs(flags: AskFlags & { readonly project?: string }): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const query = flags.project === undefined ? {} : { project: flags.project }
  const { items } = await client.call(routes.listFlows, { query })
  if (flags.json === true) return printJson(items)
  const texts = flowMessages(language)
  if (items.length === 0) {
    process.stdout.write(`${texts.nothing}\n`)
    return
  }
  const header = [texts.flow, texts.schedule, texts.next, texts.newest, texts.open, texts.average, '']
  const rows = items.map((flow) => [
    `${flow.project}/${flow.name}`,
    schedulesOf(flow, language),
    flow.next_at === undefined ? '' : formatMoment(flow.next_at, language),
    newestOf(flow, language),
    formatCount(flow.open_runs, language),
    flow.average_ms === undefined ? '' : spanText(flow.average_ms, language),
    flow.has_worker ? '' : pc.yellow(texts.noWorker),
  ])
  process.stdout.write(table(header, rows, [4, 5]))
}

function schedulesOf({ schedules, paused }: Flow, language: Language): string {
  const texts = flowMessages(language)
  const told = schedules.length === 0 ? texts.byHand : schedules.map((one) => scheduleText(one, language)).join('; ')
  return paused ? `${told} (${texts.paused})` : told
}

function newestOf({ bars }: Flow, language: Language): string {
  const newest = bars.at(-1)
  return newest === undefined
    ? ''
    : `${stateText(newest.state, language)} ${formatMoment(newest.scheduled_for, language)}`
}

/** Lists the workers that take runs, and those that ended during the last day. */
export async function workersLs(flags: AskFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const { items } = await client.call(routes.listFlowWorkers)
  if (flags.json === true) return printJson(items)
  const texts = flowMessages(language)
  if (items.length === 0) {
    process.stdout.write(`${texts.noWorkers}\n`)
    return
  }
  const header = [texts.worker, texts.state, texts.host, 'PID', texts.since, texts.runs, texts.flows]
  const rows = items.map((worker) => [
    worker.id,
    workerState(worker, language),
    worker.host,
    String(worker.pid),
    formatMoment(worker.started_at, language),
    `${worker.runs.length}/${worker.runs_max}`,
    worker.flows.map(({ project, flow }) => `${project}/${flow}`).join(', '),
  ])
  process.stdout.write(table(header, rows, [3, 5]))
}

function workerState({ state }: FlowWorkerInfo, language: Language): string {
  const text = flowMessages(language).workerStates[state]
  return state === 'alive' ? pc.green(text) : state === 'lost' ? pc.red(text) : text
}
