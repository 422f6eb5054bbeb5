import {
  type Language,
  type Rollout,
  type RolloutCheck,
  type RolloutDetail,
  type RolloutRequest,
  routes,
} from '@fabrique/contract'
import pc from 'picocolors'
import { apiClient } from '../../client/index.js'
import { formatCount, formatMoment } from '../format.js'
import { printJson } from '../print-json.js'
import { rolloutMessages } from '../rollout-messages.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'
import { wrongUse } from '../wrong-use.js'

function setUp(flags: AskFlags) {
  const language = terminalLanguage(flags.lang, process.env)
  const tell = (json: unknown, text: string) => {
    if (flags.json === true) printJson(json)
    else process.stdout.write(`${text}\n`)
  }
  return { language, client: apiClient({ url: serverUrl(flags), language }), texts: rolloutMessages(language), tell }
}

const percent = (share: number, language: Language) =>
  new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(share)
const digits = (value: number, language: Language) =>
  new Intl.NumberFormat(language, { maximumSignificantDigits: 4 }).format(value)

/** Lists roll-outs, newest first. */
export async function rolloutsLs(flags: AskFlags & { readonly model?: string }): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const query = flags.model === undefined ? {} : { model: flags.model }
  const { items } = await client.call(routes.listRollouts, { query })
  if (flags.json === true) return printJson(items)
  if (items.length === 0) {
    process.stdout.write(`${texts.none}\n`)
    return
  }
  const header = [texts.rollout, texts.model, texts.kind, texts.state, texts.share, texts.started]
  const rows = items.map((one) => [
    one.id,
    one.model,
    one.kind,
    texts.states[one.state],
    sharesOf(one, language),
    formatMoment(one.started_at, language),
  ])
  process.stdout.write(table(header, rows))
}

const sharesOf = ({ variants }: Rollout, language: Language) =>
  variants.map(({ name, version, share }) => `${name} v${version} ${percent(share, language)}`).join(', ')

/** Shows one roll-out with its figures, checks and log. */
export async function rolloutsShow(rollout: string, flags: AskFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const detail = await client.call(routes.getRollout, { params: { rollout } })
  if (flags.json === true) return printJson(detail)
  const head = `${pc.bold(detail.id)}  ${detail.model}  ${detail.kind}  ${texts.states[detail.state]}\n\n`
  process.stdout.write(head + figuresTable(detail, language))
  if (detail.checks.length > 0) process.stdout.write(`\n${checksTable(detail.checks, language)}`)
  const { shadow } = detail
  if (shadow !== undefined) {
    const [compared, equal, failed] = [shadow.compared, shadow.equal, shadow.failed].map((value) =>
      formatCount(value, language),
    )
    process.stdout.write(`\n${texts.shadow(compared ?? '', equal ?? '', failed ?? '')}\n`)
  }
  const log = detail.log.map(({ at, actor, what, reason }) => [
    formatMoment(at, language),
    actor,
    texts.entries[what],
    reason,
  ])
  process.stdout.write(`\n${table([texts.when, texts.who, texts.what, texts.reason], log)}`)
}

function figuresTable({ variants, figures }: RolloutDetail, language: Language): string {
  const texts = rolloutMessages(language)
  const header = [texts.variant, texts.version, texts.share, texts.answered, texts.failed, texts.p95, texts.reward]
  const rows = variants.map(({ name, version, share }, place) => {
    const { answered = 0, failed = 0, p95_ms, reward_mean } = figures[place] ?? {}
    return [
      name,
      version,
      percent(share, language),
      formatCount(answered, language),
      formatCount(failed, language),
      p95_ms === undefined ? '' : `${digits(p95_ms, language)} ms`,
      reward_mean === undefined ? '' : digits(reward_mean, language),
    ]
  })
  return table(header, rows, [1, 2, 3, 4, 5, 6])
}

function checksTable(checks: readonly RolloutCheck[], language: Language): string {
  const texts = rolloutMessages(language)
  const rows = checks.map(({ check, state, value, limit }) => [
    texts.checks[check],
    state === 'violated' ? pc.red(texts.checkStates[state]) : texts.checkStates[state],
    value === undefined ? '' : digits(value, language),
    limit === undefined ? '' : digits(limit, language),
  ])
  return table([texts.check, texts.state, texts.found, texts.bound], rows, [2, 3])
}

type Starting = AskFlags & { readonly reason: string }

async function start(model: string, request: RolloutRequest, flags: AskFlags): Promise<void> {
  const { client, texts, tell } = setUp(flags)
  const rollout = await client.call(routes.startRollout, { params: { model }, body: request })
  tell(rollout, texts.begun(rollout.id, model))
}

function numberOf(text: string, flag: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw wrongUse(flag, `${text} is no number`)
  return value
}

interface CanaryFlags extends Starting {
  readonly candidate: string
  readonly step: readonly string[]
  readonly requests?: string
  readonly promote: boolean
}

/** Begins a canary. */
export async function rolloutsCanary(model: string, flags: CanaryFlags): Promise<void> {
  const { candidate: version, reason, promote } = flags
  const steps = flags.step.map((text) => {
    const [share = '', seconds = '600'] = text.split(':')
    return { share: numberOf(share, '--step'), seconds: numberOf(seconds, '--step') }
  })
  const parsed = routes.startRollout.body?.parse({
    kind: 'canary',
    version,
    reason,
    promote,
    ...(steps.length === 0 ? {} : { steps }),
    ...(flags.requests === undefined ? {} : { requests_min: numberOf(flags.requests, '--requests') }),
  })
  if (parsed !== undefined) await start(model, parsed, flags)
}

/** As `new=3:20`. */
function variantOf(text: string): { readonly name: string; readonly version: string; readonly weight: string } {
  const [, name = '', version = '', weight = '1'] = /^([^=]+)=([^:]+)(?::(.+))?$/.exec(text) ?? []
  if (name === '') throw wrongUse('--variant', `${text} is not NAME=VERSION or NAME=VERSION:WEIGHT`)
  return { name, version, weight }
}

/** Begins a split. */
export async function rolloutsSplit(
  model: string,
  flags: Starting & { readonly variant: readonly string[] },
): Promise<void> {
  const variants = flags.variant.map((text) => {
    const { name, version, weight } = variantOf(text)
    return { name, version, weight: numberOf(weight, '--variant') }
  })
  await start(model, { kind: 'split', variants, reason: flags.reason }, flags)
}

/** Begins a bandit. */
export async function rolloutsBandit(
  model: string,
  flags: Starting & { readonly variant: readonly string[] },
): Promise<void> {
  const variants = flags.variant.map((text) => {
    const { name, version } = variantOf(text)
    return { name, version }
  })
  await start(model, { kind: 'bandit', variants, share_min: 0.05, reason: flags.reason }, flags)
}

/** Begins a shadow. */
export async function rolloutsShadow(
  model: string,
  flags: Starting & { readonly candidate: string; readonly share?: string },
): Promise<void> {
  const share = flags.share === undefined ? 1 : numberOf(flags.share, '--share')
  await start(model, { kind: 'shadow', version: flags.candidate, share, reason: flags.reason }, flags)
}

/** Ends a roll-out. */
export async function rolloutsEnd(
  rollout: string,
  how: 'promote' | 'roll_back' | 'end',
  flags: Starting & { readonly variant?: string },
): Promise<void> {
  const { client, texts, tell } = setUp(flags)
  const body = { how, reason: flags.reason, ...(flags.variant === undefined ? {} : { variant: flags.variant }) }
  const over = await client.call(routes.endRollout, { params: { rollout }, body })
  tell(over, texts.over(over.id, texts.states[over.state]))
}

/** Lists logged predictions, newest first. */
export async function predictionsLs(
  flags: AskFlags & { readonly model?: string; readonly key?: string; readonly limit?: string },
): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const { model, key } = flags
  const limit = flags.limit === undefined ? 20 : numberOf(flags.limit, '--limit')
  const query = { limit, ...(model === undefined ? {} : { model }), ...(key === undefined ? {} : { key }) }
  const { items } = await client.call(routes.listPredictions, { query })
  if (flags.json === true) return printJson(items)
  if (items.length === 0) {
    process.stdout.write(`${texts.noPredictions}\n`)
    return
  }
  const shown = (value: unknown) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return text.length > 48 ? `${text.slice(0, 47)}…` : text
  }
  const rows = items.map((one) => {
    const said =
      typeof one.output === 'object' && one.output !== null && 'prediction' in one.output
        ? one.output.prediction
        : one.output
    return [
      formatMoment(one.at, language),
      one.row === 0 ? one.prediction_id : `${one.prediction_id} ${one.row}`,
      `${one.model} v${one.version}`,
      shown(one.inputs),
      shown(said),
      one.feedback === undefined ? '' : shown(one.feedback.truth ?? one.feedback.reward),
    ]
  })
  const header = [texts.when, texts.prediction, texts.model, texts.inputs, texts.answered, texts.feedback]
  process.stdout.write(table(header, rows))
}
