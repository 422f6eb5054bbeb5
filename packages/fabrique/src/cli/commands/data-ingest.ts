import { type Ingest, type Language, routes } from '@fabrique/contract'
import pc from 'picocolors'
import { z } from 'zod'
import { apiClient } from '../../client/index.js'
import { followJob } from '../follow-job.js'
import { ingestMessages } from '../ingest-messages.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from './status.js'

export interface DataIngestFlags extends AskFlags {
  readonly full?: boolean
  readonly follow: boolean
  readonly reason: string
}

const Result = z.object({ ingest_id: z.string(), snapshot_id: z.string(), is_new: z.boolean() })

/** Takes the source of a data set to a snapshot, and shows how far it is. */
export async function dataIngest(project: string, dataset: string, flags: DataIngestFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const texts = ingestMessages(language)
  const body = { reason: flags.reason, full: flags.full === true }
  const started = await client.call(routes.startIngest, { params: { project, dataset }, body })
  if (!flags.follow) {
    if (flags.json === true) printJson(started)
    else process.stdout.write(`${texts.asked(started.id)}\n`)
    return
  }
  const job = await followJob(client, started, { language, quiet: flags.json })
  const { ingest_id } = Result.parse(job.result)
  const found = await client.call(routes.getIngest, { params: { ingest: ingest_id } })
  if (flags.json === true) printJson(found)
  else process.stdout.write(describe(found, language))
}

function describe(found: Ingest, language: Language): string {
  const texts = ingestMessages(language)
  const changes = found.schema_changes.map(({ column, change, from = '', to = '' }) =>
    change === 'added'
      ? texts.columnAdded(column, to)
      : change === 'removed'
        ? texts.columnRemoved(column)
        : texts.columnChanged(column, from, to),
  )
  const lines = [
    `${texts.made(found.is_new)} ${found.snapshot_id ?? ''}`,
    `  ${texts.files(found.files_read, found.files_found)}; ${texts.rows(found.rows_good, found.rows_kept)}`,
    ...(found.rows_quarantined === 0
      ? []
      : [`  ${pc.yellow('!')} ${texts.setAside(found.rows_quarantined, found.id)}`]),
    ...changes.map((change) => `  ${change}`),
    ...found.warnings.map((warning) => `  ${pc.yellow('!')} ${warning.message}`),
  ]
  return `${lines.join('\n')}\n`
}
