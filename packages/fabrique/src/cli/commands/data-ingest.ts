import type { Ingest, Job, Json, Language } from '@fabrique/contract'
import pc from 'picocolors'
import { type ApiClient, apiClient } from '../../client/index.js'
import { followJob } from '../follow-job.js'
import { ingestMessages } from '../ingest-messages.js'
import { printJson } from '../print-json.js'
import { quickRoutes } from '../quick-routes.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { terminalLanguage } from '../terminal-language.js'

export interface DataIngestFlags extends AskFlags {
  readonly full?: boolean
  readonly follow: boolean
  readonly reason: string
}

/** Which ingest a job was; looked at by hand, since making schemas takes longer than the rest of the command. */
function ingestOf(result: Json | undefined): string {
  const id = typeof result === 'object' && result !== null && 'ingest_id' in result ? result.ingest_id : undefined
  if (typeof id !== 'string') throw new TypeError(`The result of the job names no ingest: ${JSON.stringify(result)}`)
  return id
}

/** Takes the source of a data set to a snapshot, and shows how far it is. */
export async function dataIngest(project: string, dataset: string, flags: DataIngestFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const body = { reason: flags.reason, full: flags.full === true }
  const started = await client.call(quickRoutes.startIngest, { params: { project, dataset }, body })
  await followIngest(client, started, flags, language)
}

/** Waits for the job of an ingest and tells what it made, or only names it. */
export async function followIngest(
  client: ApiClient,
  started: Job,
  flags: Pick<DataIngestFlags, 'json' | 'follow'>,
  language: Language,
): Promise<void> {
  const texts = ingestMessages(language)
  if (!flags.follow) {
    if (flags.json === true) printJson(started)
    else process.stdout.write(`${texts.asked(started.id)}\n`)
    return
  }
  const job = await followJob(client, started, { language, quiet: flags.json })
  const ingest = ingestOf(job.result)
  const found = await client.call(quickRoutes.getIngest, { params: { ingest } })
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
