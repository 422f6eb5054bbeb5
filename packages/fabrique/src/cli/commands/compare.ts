import { type Language, type ModelComparison, routes } from '@fabrique/contract'
import pc from 'picocolors'
import { apiClient } from '../../client/index.js'
import { explainMessages } from '../explain-messages.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { wholeNumber } from '../train-flags.js'

export interface CompareFlags extends AskFlags {
  readonly data?: string
  readonly seed?: string
}

/** Longer than a server works on it. */
const timeoutMs = 90_000

/** Smaller chances are shown as this. */
const least = 0.0001

/** Compares two versions on the same rows. */
export async function compare(first: string, second: string, flags: CompareFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language, timeoutMs })
  const body = {
    first,
    second,
    ...(flags.data === undefined ? {} : { snapshot: flags.data }),
    ...(flags.seed === undefined ? {} : { seed: wholeNumber('--seed', flags.seed, 0) }),
  }
  const found = await client.call(routes.compareModels, { body })
  if (flags.json === true) printJson(found)
  else process.stdout.write(describeComparison(found, language))
}

/** Metrics side by side, the better one marked, and whether the difference may be chance. */
export function describeComparison(found: ModelComparison, language: Language): string {
  const texts = explainMessages(language)
  const format = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 })
  const shown = (value: number | null) => (value === null ? '–' : format.format(value))
  const names = { first: nameOf(found.first), second: nameOf(found.second) }
  const rows = found.metrics.map(({ name, first, second, is_higher_better: isHigher, difference }) => {
    const lead = first === null || second === null ? 0 : (second - first) * (isHigher ? 1 : -1)
    return [
      name,
      lead < 0 ? pc.green(shown(first)) : shown(first),
      lead > 0 ? pc.green(shown(second)) : shown(second),
      difference === undefined ? '' : `${shown(difference.low)} … ${shown(difference.high)}`,
    ]
  })
  const { better, p_value: p } = found.test
  const told = p < least ? `< ${format.format(least)}` : `= ${format.format(p)}`
  const verdict = better === 'neither' ? texts.chance(told) : texts.better(names[better], told)
  return [
    table([texts.metric, names.first, names.second, texts.interval], rows, [1, 2, 3]),
    `${pc.bold(verdict)}  ${pc.dim(texts.sameRows(texts.rows(found.rows), found.snapshot_id))}\n`,
    ...(found.seen_by.length === 0
      ? []
      : [`${pc.yellow(texts.seen(found.seen_by.map((side) => names[side]).join(', ')))}\n`]),
  ].join('')
}

function nameOf({ model, version }: ModelComparison['first']): string {
  return `${model} ${version}`
}
