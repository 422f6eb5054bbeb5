import { type HistoricalRequestInput, type Language, routes } from '@fabrique/contract'
import pc from 'picocolors'
import { z } from 'zod'
import { apiClient } from '../../client/index.js'
import { featureMessages } from '../feature-messages.js'
import { followJob } from '../follow-job.js'
import { formatCount } from '../format.js'
import { joinMessages } from '../join-messages.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'

export interface HistoricalFlags extends AskFlags {
  readonly entities?: string
  readonly time?: string
  readonly columns?: string
  readonly service?: string
  readonly features?: string
  readonly start?: string
  readonly end?: string
  readonly into: string
  readonly asKnown?: boolean
  readonly fullNames?: boolean
  readonly ages?: boolean
  readonly reason?: string
}

const Made = z.looseObject({
  snapshot_id: z.string(),
  dataset: z.string(),
  is_new: z.boolean(),
  rows: z.number(),
  columns: z.array(z.string()),
  views: z.array(
    z.looseObject({
      view: z.string(),
      version: z.number(),
      matched: z.number(),
      unmatched: z.object({
        no_row: z.number(),
        future: z.number(),
        not_known: z.number(),
        expired: z.number(),
        null_key: z.number(),
        null_time: z.number(),
      }),
    }),
  ),
})
type Made = z.output<typeof Made>

/** Makes a training set by point in time, as a job of a server, and tells what became of the rows. */
export async function featuresHistorical(project: string, flags: HistoricalFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const job = await client.call(routes.startHistorical, { params: { project }, body: requestOf(flags) })
  const ended = await followJob(client, job, { language, quiet: flags.json })
  const made = Made.parse(ended.result)
  if (flags.json === true) return printJson(made)
  process.stdout.write(describeMade(made, language))
}

/** The snapshot, and for each view how many rows have features and why others have none. */
export function describeMade(
  { snapshot_id: id, dataset, is_new: isNew, rows, columns, views }: Made,
  language: Language,
) {
  const texts = featureMessages(language)
  const { matched: found, unmatched: reasons } = joinMessages(language)
  const share = (count: number) =>
    (count / rows).toLocaleString(language, { style: 'percent', maximumFractionDigits: 1 })
  const lines = views.flatMap(({ view, version, matched, unmatched }) => {
    const counts: (readonly [number, string])[] = [
      [matched, found],
      [unmatched.no_row, pc.yellow(reasons.noRow)],
      [unmatched.future, pc.yellow(reasons.future)],
      [unmatched.not_known, pc.yellow(reasons.notKnown)],
      [unmatched.expired, pc.yellow(reasons.expired)],
      [unmatched.null_key, pc.yellow(reasons.nullKey)],
      [unmatched.null_time, pc.yellow(reasons.nullTime)],
    ]
    return counts
      .filter(([count], place) => count > 0 || place === 0)
      .map(([count, text], place) => [
        place === 0 ? `${view}@${version}` : '',
        formatCount(count, language),
        share(count),
        text,
      ])
  })
  const same = isNew ? '' : ` (${texts.same})`
  const head = `${pc.green('✔')} ${id}  ${texts.made(dataset, rows, columns.length)}${same}`
  return `${head}\n\n${table([texts.view, texts.rows, texts.share, ''], lines, [1, 2])}`
}

function requestOf(flags: HistoricalFlags): HistoricalRequestInput {
  const { entities, time, columns, service, features, start, end, into } = flags
  return {
    ...(service === undefined ? {} : { service }),
    ...(features === undefined ? {} : { features: namesOf(features) }),
    ...(entities === undefined
      ? {}
      : {
          entities: {
            snapshot: entities,
            ...(time === undefined ? {} : { time }),
            ...(columns === undefined ? {} : { columns: namesOf(columns) }),
          },
        }),
    ...(start === undefined ? {} : { start: momentOf(start) }),
    ...(end === undefined ? {} : { end: momentOf(end) }),
    as_known: flags.asKnown ?? false,
    full_names: flags.fullNames ?? false,
    ages: flags.ages ?? false,
    into,
    reason: flags.reason ?? '',
  }
}

function namesOf(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** A day or a moment in UTC; what is neither goes as it is, and is refused by the server. */
function momentOf(text: string): string {
  const at = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  return Number.isNaN(at.getTime()) ? text : at.toISOString()
}
