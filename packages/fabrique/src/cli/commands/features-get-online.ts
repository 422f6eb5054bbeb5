import { type OnlineRequest, routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { onlineMessages } from '../online-messages.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'
import { wrongUse } from '../wrong-use.js'

export interface GetOnlineFlags extends AskFlags {
  readonly service?: string
  readonly features?: string
  readonly at?: string
}

/** Reads features by key: each of `keys` is one row, as `user_id=7` or `user_id=7,plan=gold`. */
export async function featuresGetOnline(
  project: string,
  keys: readonly string[],
  flags: GetOnlineFlags,
): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const { service, features, at } = flags
  const found = await client.call(routes.getOnlineFeatures, {
    params: { project },
    body: {
      ...(service === undefined ? {} : { service }),
      ...(features === undefined ? {} : { features: features.split(',').map((name) => name.trim()) }),
      ...(at === undefined ? {} : { at }),
      keys: keys.map(keysOf),
    },
  })
  if (flags.json === true) return printJson(found)
  const texts = onlineMessages(language)
  for (const row of found.rows) {
    const named = Object.entries(row.keys).map(([name, value]) => `${name}=${value}`)
    const rows = found.features.map(({ name, view, version }, place) => [
      name,
      `${view}@${version}`,
      JSON.stringify(row.values[place] ?? null),
      ageText(row.age_seconds[place] ?? null),
      texts.statuses[row.statuses[place] ?? 'NOT_FOUND'],
    ])
    const header = [texts.feature, texts.view, texts.value, texts.age, texts.status]
    process.stdout.write(`${named.join(', ')}\n${table(header, rows, [2, 3])}\n`)
  }
}

function keysOf(text: string): OnlineRequest['keys'][number] {
  const pairs = text.split(',').map((pair): readonly [string, string] => {
    const at = pair.indexOf('=')
    if (at < 1) throw wrongUse('keys', 'the name and the value of each key, as user_id=7')
    return [pair.slice(0, at), pair.slice(at + 1)]
  })
  return Object.fromEntries(pairs)
}

function ageText(seconds: number | null): string {
  if (seconds === null) return ''
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
  ]
  const [size, unit] = units.find(([least]) => seconds >= 2 * least) ?? [1, 's']
  return `${Math.floor(seconds / size)} ${unit}`
}
