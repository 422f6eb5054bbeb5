import {
  type FeatureChange,
  type FeatureDeclarations,
  type FeaturePlan,
  type Language,
  type PlanFeatures,
  routes,
} from '@fabrique/contract'
import type { LoadedProject } from '@fabrique/server'
import pc from 'picocolors'
import { apiClient } from '../../client/index.js'
import { findProjectFolders, loadProject } from '../../project/load-project.js'
import { askYes } from '../ask-yes.js'
import { featureMessages } from '../feature-messages.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { terminalLanguage } from '../terminal-language.js'
import { wrongUse } from '../wrong-use.js'

export interface PlanFlags extends AskFlags {
  readonly project?: string
  readonly yes?: boolean
}

/** Shows what applying the declarations of a project folder would change. */
export async function featuresPlan(dir: string, flags: PlanFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const { name, declarations, datasets } = await declaredIn(dir, flags, language)
  const client = apiClient({ url: serverUrl(flags), language })
  const body = { ...declarations, datasets }
  const plan = await client.call(routes.planFeatures, { params: { project: name }, body })
  if (flags.json === true) printJson(plan)
  else process.stdout.write(describePlan(plan, language))
}

/** Shows it, asks, and applies that very plan: where the state changed meanwhile, nothing is. */
export async function featuresApply(dir: string, flags: PlanFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = featureMessages(language)
  const { name, declarations } = await declaredIn(dir, flags, language)
  const client = apiClient({ url: serverUrl(flags), language })
  const params = { project: name }
  const plan = await client.call(routes.planFeatures, { params, body: declarations })
  const changes = plan.changes.filter(({ change }) => change !== 'none')
  if (flags.json !== true) process.stdout.write(describePlan(plan, language))
  if (changes.length === 0) {
    if (flags.json === true) printJson(plan)
    return
  }
  if (flags.yes !== true) {
    if (!process.stdin.isTTY || flags.json === true) throw wrongUse('--yes', texts.yesNeeded)
    if (!(await askYes(texts.confirm(name), language))) {
      process.stdout.write(`${texts.notApplied}\n`)
      process.exitCode = 1
      return
    }
  }
  const applied = await client.call(routes.applyFeatures, { params, body: { declarations, digest: plan.digest } })
  if (flags.json === true) printJson(applied)
  else process.stdout.write(`${texts.applied(changes.length)}\n`)
}

interface Declared {
  readonly name: string
  readonly declarations: FeatureDeclarations
  readonly datasets: PlanFeatures['datasets']
}

async function declaredIn(dir: string, flags: PlanFlags, language: Language): Promise<Declared> {
  const projects: LoadedProject[] = []
  for (const folder of findProjectFolders(dir)) projects.push(await loadProject(folder))
  const chosen = projects.filter(({ definition }) => flags.project === undefined || definition.name === flags.project)
  const [project, ...others] = chosen
  if (project === undefined || others.length > 0) throw wrongUse(dir, featureMessages(language).oneProject)
  const { name, features, datasets } = project.definition
  return {
    name,
    declarations: features ?? { entities: [], feature_views: [], feature_services: [] },
    datasets: datasets.map(({ name: dataset, columns }) => ({ name: dataset, columns: columns ?? {} })),
  }
}

const signs = { create: pc.green('+'), update: pc.yellow('~'), delete: pc.red('-'), none: ' ' } as const

/** A line for each change, and below it what differs and what follows. */
export function describePlan({ changes }: FeaturePlan, language: Language): string {
  const texts = featureMessages(language)
  const shown = changes.filter(({ change }) => change !== 'none')
  if (shown.length === 0) return `${texts.noChange}\n`
  return shown.map((change) => describeChange(change, texts)).join('')
}

function describeChange(
  { kind, name, change, from_version: from, to_version: to, fields, consequences }: FeatureChange,
  texts: ReturnType<typeof featureMessages>,
): string {
  const versions = from === undefined ? (to ?? '') : to === undefined || to === from ? from : `${from} → ${to}`
  const head = `${signs[change]} ${texts.kinds[kind]} ${pc.bold(name)} ${versions}`.trimEnd()
  const details = fields.map(({ path, before, after }) => `    ${path}: ${shownValue(before)} → ${shownValue(after)}`)
  const follows = consequences.map((consequence) => `    ${pc.yellow(texts.consequences[consequence])}`)
  return `${[`${head}  ${pc.dim(texts.changes[change])}`, ...details, ...follows].join('\n')}\n`
}

function shownValue(value: unknown): string {
  if (value === undefined) return '–'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
