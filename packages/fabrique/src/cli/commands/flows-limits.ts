import { type FlowLimit, type Language, routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { spanText } from '../describe-flow-run.js'
import { flowMessages } from '../flow-messages.js'
import { positiveOf, rateOf } from '../flow-values.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'

/** Lists the named limits with what holds them. */
export async function limitsLs(flags: AskFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const { items } = await client.call(routes.listFlowLimits)
  if (flags.json === true) return printJson(items)
  const texts = flowMessages(language)
  if (items.length === 0) {
    process.stdout.write(`${texts.noLimits}\n`)
    return
  }
  const rows = items.map((limit) => [
    limit.name,
    String(limit.slots),
    String(limit.held),
    String(limit.waiting),
    rateText(limit, language),
  ])
  process.stdout.write(table([texts.limit, texts.slots, texts.held, texts.waiting, texts.rate], rows, [1, 2, 3]))
}

function rateText({ rate }: FlowLimit, language: Language): string {
  return rate === undefined ? '' : flowMessages(language).perTime(rate.takes, spanText(rate.per_ms, language))
}

/** Sets the slots of a named limit, and how many may be taken in a time. */
export async function limitsSet(
  limit: string,
  slots: string,
  flags: AskFlags & { readonly rate?: string },
): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const rate = flags.rate === undefined ? {} : { rate: rateOf(flags.rate, language) }
  const body = { slots: positiveOf(slots, 'slots', language), ...rate }
  const set = await client.call(routes.setFlowLimit, { params: { limit }, body })
  if (flags.json === true) printJson(set)
  else process.stdout.write(`${flowMessages(language).limitSet(set.name, set.slots)}\n`)
}

/** Takes a named limit away. */
export async function limitsRm(limit: string, flags: AskFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  await client.call(routes.deleteFlowLimit, { params: { limit } })
  if (flags.json === true) printJson({ limit })
  else process.stdout.write(`${flowMessages(language).limitGone(limit)}\n`)
}
