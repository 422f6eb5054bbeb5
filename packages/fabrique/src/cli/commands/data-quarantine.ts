import { QuarantineReason, routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { formatCount } from '../format.js'
import { ingestMessages } from '../ingest-messages.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { table } from '../table.js'
import { wrongUse } from '../wrong-use.js'
import { type AskFlags, serverUrl } from './status.js'

export interface DataQuarantineFlags extends AskFlags {
  readonly limit?: string
  readonly reason?: string
  readonly column?: string
  readonly file?: string
}

/** Lists the rows that an ingest set aside, after how many there are of each kind. */
export async function dataQuarantine(ingest: string, flags: DataQuarantineFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const limit = Number(flags.limit ?? 20)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw wrongUse('--limit', 'a number from 1 to 1000')
  const reason = QuarantineReason.options.find((known) => known === flags.reason)
  if (flags.reason !== undefined && reason === undefined) {
    throw wrongUse('--reason', `one of ${QuarantineReason.options.join(', ')}`)
  }
  const client = apiClient({ url: serverUrl(flags), language })
  const page = await client.call(routes.listQuarantine, {
    params: { ingest },
    query: {
      limit,
      ...(reason === undefined ? {} : { reason }),
      ...(flags.column === undefined ? {} : { column: flags.column }),
      ...(flags.file === undefined ? {} : { file: flags.file }),
    },
  })
  if (flags.json === true) return printJson(page)
  const texts = ingestMessages(language)
  if (page.groups.length === 0) {
    process.stdout.write(`${texts.nothing}\n`)
    return
  }
  const count = (value: number) => formatCount(value, language)
  const groups = page.groups.map((group) => [
    count(group.count),
    texts.reasons[group.reason],
    group.column ?? '-',
    group.file,
  ])
  const rows = page.items.map((item) => [
    item.file,
    item.line === undefined ? '-' : String(item.line),
    texts.reasons[item.reason],
    item.column ?? '-',
    shown(item.value ?? item.row ?? item.detail?.message ?? ''),
  ])
  process.stdout.write(
    `${table([texts.count, texts.reason, texts.column, texts.file], groups, [0])}\n` +
      `${table([texts.file, texts.line, texts.reason, texts.column, texts.value], rows, [1])}` +
      `${texts.matching(page.items.length, page.total)}\n`,
  )
}

/** One line of the terminal, without what would move its cursor. */
function shown(text: string): string {
  const plain = text.replace(/\p{Cc}+/gu, ' ')
  return plain.length > 60 ? `${plain.slice(0, 59)}…` : plain
}
