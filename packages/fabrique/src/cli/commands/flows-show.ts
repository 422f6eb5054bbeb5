import { type Flow, type FlowRun, type FlowStep, type Language, routes } from '@fabrique/contract'
import pc from 'picocolors'
import { type ApiClient, apiClient } from '../../client/index.js'
import { originText, scheduleText, spanText, stateText, tookText, waitText } from '../describe-flow-run.js'
import { flowMessages } from '../flow-messages.js'
import { flowRef } from '../flow-values.js'
import { formatMoment } from '../format.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'

type Facts = readonly (readonly [name: string, value: string | undefined])[]

const runsShown = 20

/** Shows a run with its steps, or a flow with its newest runs. */
export async function flowsShow(what: string, flags: AskFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const shown = what.includes('/') ? await showFlow(client, what, language) : await showRun(client, what, language)
  if (flags.json === true) printJson(shown.json)
  else process.stdout.write(shown.text())
}

async function showFlow(client: ApiClient, what: string, language: Language) {
  const params = flowRef(what, language)
  const flow = await client.call(routes.getFlow, { params })
  const { items: runs } = await client.call(routes.listFlowRuns, { query: { ...params, limit: runsShown } })
  return { json: { ...flow, runs }, text: () => `${describeFlow(flow, language)}\n${describeRuns(runs, language)}` }
}

/** All steps of a run but the items of its maps. */
export async function stepsOf(client: ApiClient, flow_run: string): Promise<readonly FlowStep[]> {
  const steps: FlowStep[] = []
  for (let token: string | undefined; ; ) {
    const query = token === undefined ? {} : { page_token: token }
    const page = await client.call(routes.listFlowSteps, { params: { flow_run }, query })
    steps.push(...page.items)
    token = page.next_page_token
    if (token === undefined) return steps
  }
}

async function showRun(client: ApiClient, flow_run: string, language: Language) {
  const run = await client.call(routes.getFlowRun, { params: { flow_run } })
  const steps = await stepsOf(client, flow_run)
  return { json: { ...run, steps }, text: () => describeRun(run, steps, language) }
}

function factLines(facts: Facts): string {
  const told = facts.filter(([, value]) => value !== undefined && value !== '')
  const width = Math.max(0, ...told.map(([name]) => name.length))
  return told.map(([name, value]) => `${pc.dim(name.padEnd(width))}  ${value}\n`).join('')
}

function describeFlow(flow: Flow, language: Language): string {
  const texts = flowMessages(language)
  const { definition, schedules, average_ms } = flow
  const notes = [...(flow.paused ? [texts.paused] : []), ...(flow.has_worker ? [] : [pc.yellow(texts.noWorker)])]
  const facts: Facts = [
    [texts.version, definition.version],
    ...schedules.map((schedule): Facts[number] => [texts.schedule, scheduleLine(schedule, language)]),
    ...definition.triggers.flatMap(
      (trigger): Facts => (trigger.kind === 'event' ? [[texts.trigger, `${trigger.event} (${trigger.name})`]] : []),
    ),
    ...flow.webhooks.map(({ name, path }): Facts[number] => [texts.webhook, `${name}  POST ${path}`]),
    [texts.parameters, Object.keys(propertiesOf(definition.params_schema)).join(', ')],
    [texts.open, String(flow.open_runs)],
    [texts.average, average_ms === undefined ? undefined : spanText(average_ms, language)],
    [texts.tags, definition.tags.join(', ')],
  ]
  const about = definition.description === undefined ? '' : `${definition.description}\n`
  const head = [pc.bold(`${flow.project}/${flow.name}`), ...notes].join('  ')
  return `${head}\n${about}${factLines(facts)}`
}

function propertiesOf({ properties }: Flow['definition']['params_schema']): object {
  return typeof properties === 'object' && properties !== null ? properties : {}
}

function scheduleLine(schedule: Flow['schedules'][number], language: Language): string {
  const texts = flowMessages(language)
  const next = schedule.next_at === undefined ? '' : `→ ${formatMoment(schedule.next_at, language)}`
  const error = schedule.error === undefined ? '' : pc.red(texts.notFiring(schedule.error))
  const paused = schedule.paused ? texts.paused : ''
  return [`${schedule.name}: ${scheduleText(schedule, language)}`, next, paused, error].filter(Boolean).join('  ')
}

function describeRuns(runs: readonly FlowRun[], language: Language): string {
  const texts = flowMessages(language)
  if (runs.length === 0) return `${texts.noRuns}\n`
  const rows = runs.map((run) => [
    run.id,
    stateText(run.state, language),
    formatMoment(run.scheduled_for, language),
    tookText(run, language),
    originText(run, language),
    run.error?.message ?? waitText(run, language),
  ])
  return table([texts.run, texts.state, texts.due, texts.took, texts.origin, ''], rows, [3])
}

/** A run with its steps, for the terminal. */
export function describeRun(run: FlowRun, steps: readonly FlowStep[], language: Language): string {
  const texts = flowMessages(language)
  const facts: Facts = [
    [texts.state, stateText(run.state, language)],
    [texts.waits, waitText(run, language)],
    [texts.due, formatMoment(run.scheduled_for, language)],
    [texts.took, tookText(run, language)],
    [texts.origin, originText(run, language)],
    [texts.reason, run.reason],
    [texts.tags, run.tags.join(', ')],
    [texts.version, run.version],
    [texts.worker, run.worker],
    [texts.parameters, Object.keys(run.params).length === 0 ? undefined : JSON.stringify(run.params)],
    [texts.result, run.result === undefined || run.result === null ? undefined : JSON.stringify(run.result)],
  ]
  const error = run.error === undefined ? '' : `${pc.red(run.error.message)}\n${pc.dim(run.error.hint)}\n`
  const head = `${pc.bold(run.id)}  ${run.project}/${run.flow}`
  const list = steps.length === 0 ? '' : `\n${describeSteps(steps, language)}`
  const decisions = steps.filter(({ state, approval }) => state.type === 'PAUSED' && approval?.decision === undefined)
  const asked = decisions.flatMap(({ name, approval }) =>
    approval === undefined ? [] : [`\n${approval.prompt}\n${pc.dim(texts.decide(run.id, name))}\n`],
  )
  return `${head}\n${factLines(facts)}${error}${list}${asked.join('')}`
}

function describeSteps(steps: readonly FlowStep[], language: Language): string {
  const texts = flowMessages(language)
  const rows = steps.map((step) => [
    step.name,
    step.kind,
    stateText(step.state, language),
    step.attempts.length > 1 ? String(step.attempts.length) : '',
    step.taken_from === undefined ? tookText(step, language) : step.taken_from,
    step.error?.message ?? progressText(step),
  ])
  return table([texts.step, texts.kind, texts.state, texts.attempts, texts.took, ''], rows, [3, 4])
}

function progressText({ progress, child_run, job }: FlowStep): string {
  const far = progress === undefined ? '' : [progress.done, progress.total].filter((one) => one !== undefined).join('/')
  return [far, child_run, job].filter((text) => text !== undefined && text !== '').join('  ')
}
