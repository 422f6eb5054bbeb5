import { type Backfill, type Language, routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { flowMessages } from '../flow-messages.js'
import { flowRef, momentOf, valuesOf } from '../flow-values.js'
import { formatMoment } from '../format.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'

export interface BackfillFlags extends AskFlags {
  readonly from: string
  readonly to: string
  readonly schedule?: string
  readonly param: readonly string[]
  readonly dryRun?: boolean
  readonly again: 'none' | 'failed' | 'all'
  readonly newestFirst?: boolean
  readonly reason: string
}

/** Runs a flow for each moment of a schedule in a range, or tells which they are. */
export async function flowsBackfill(what: string, flags: BackfillFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const params = flowRef(what, language)
  const values =
    flags.param.length === 0
      ? {}
      : valuesOf(
          flags.param,
          (await client.call(routes.getFlow, { params })).definition.params_schema,
          '--param',
          language,
        )
  const backfill = await client.call(routes.backfillFlow, {
    params,
    body: {
      from: momentOf(flags.from, '--from', language),
      to: momentOf(flags.to, '--to', language),
      params: values,
      dry_run: flags.dryRun === true,
      again: flags.again,
      newest_first: flags.newestFirst === true,
      reason: flags.reason,
      ...(flags.schedule === undefined ? {} : { schedule: flags.schedule }),
    },
  })
  if (flags.json === true) printJson(backfill)
  else process.stdout.write(describe(backfill, language))
}

function describe({ id, moments }: Backfill, language: Language): string {
  const texts = flowMessages(language)
  const skipped = moments.filter((moment) => moment.skipped).length
  const count = moments.length - skipped
  const head = id === undefined ? texts.wouldRun(count, skipped) : `${id}  ${texts.backfilled(count, skipped)}`
  const rows = moments.map((moment) => [
    formatMoment(moment.at, language),
    moment.run ?? '',
    moment.skipped ? texts.leftOut : '',
  ])
  return rows.length === 0 ? `${head}\n` : `${table([texts.due, texts.run, ''], rows)}${head}\n`
}
