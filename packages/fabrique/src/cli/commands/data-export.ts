import { once } from 'node:events'
import { routePath, routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { downloadFile, openDownload } from '../download-file.js'
import { formatBytes } from '../format.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { snapshotMessages } from '../snapshot-messages.js'
import { findSnapshot } from '../snapshot-ref.js'
import { wrongUse } from '../wrong-use.js'
import { type AskFlags, serverUrl } from './status.js'

export interface ExportFlags extends AskFlags {
  readonly format?: string
  readonly out?: string
}

const formats = ['csv', 'csv-fr', 'parquet', 'ndjson'] as const

/** The format that is asked for, or that the name of the file says. */
function formatOf({ format, out }: ExportFlags, expected: string): (typeof formats)[number] {
  const given = format ?? formats.find((known) => out?.endsWith(`.${known}`)) ?? 'csv'
  const found = formats.find((known) => known === given)
  if (found === undefined) throw wrongUse('--format', expected)
  return found
}

/** Writes the rows of a snapshot to a file, complete or not at all, or to standard output. */
export async function dataExport(ref: string, flags: ExportFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = snapshotMessages(language)
  const format = formatOf(flags, texts.formats)
  const client = apiClient({ url: serverUrl(flags), language })
  const { id } = await findSnapshot(client, ref, language)
  const address = new URL(`${serverUrl(flags)}${routePath(routes.exportSnapshot, { snapshot: id })}`)
  address.searchParams.set('format', format)
  if (flags.out === undefined) {
    const content = await openDownload(address)
    for await (const chunk of content) if (!process.stdout.write(chunk)) await once(process.stdout, 'drain')
    return
  }
  const size = await downloadFile(address, flags.out)
  if (flags.json === true) printJson({ snapshot_id: id, format, file: flags.out, bytes: size })
  else process.stdout.write(`${texts.written(flags.out, formatBytes(size, language))}\n`)
}
