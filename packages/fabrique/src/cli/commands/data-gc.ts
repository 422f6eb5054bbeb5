import { CollectResult, routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { followJob } from '../follow-job.js'
import { formatBytes, formatMoment } from '../format.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { sharingMessages } from '../sharing-messages.js'
import { table } from '../table.js'
import { wrongUse } from '../wrong-use.js'
import { type AskFlags, serverUrl } from './status.js'

export interface GcFlags extends AskFlags {
  readonly keepNewest?: string
  readonly keepDays?: string
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly reason: string
}

/** Erases snapshots that nothing needs and frees their content; only tells what would go unless `--yes` is given. */
export async function dataGc(place: string | undefined, flags: GcFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = sharingMessages(language)
  const client = apiClient({ url: serverUrl(flags), language })
  const numberOf = (name: string, text: string | undefined) => {
    if (text !== undefined && !(Number(text) >= 0)) throw wrongUse(name, texts.number)
    return text === undefined ? undefined : Number(text)
  }
  const keepNewest = numberOf('--keep-newest', flags.keepNewest)
  const keepDays = numberOf('--keep-days', flags.keepDays)
  const [project, dataset] = place?.split('/') ?? []
  const started = await client.call(routes.collectSnapshots, {
    body: {
      ...(project === undefined ? {} : { project }),
      ...(dataset === undefined ? {} : { dataset }),
      ...(keepNewest === undefined ? {} : { keep_newest: keepNewest }),
      ...(keepDays === undefined ? {} : { keep_days: keepDays }),
      dry_run: flags.yes !== true || flags.dryRun === true,
      reason: flags.reason,
    },
  })
  const job = await followJob(client, started, { language, quiet: flags.json })
  const result = CollectResult.parse(job.result)
  if (flags.json === true) return printJson(result)
  if (result.snapshots.length === 0 && result.bytes === 0) {
    process.stdout.write(`${texts.nothingToErase}\n`)
    return
  }
  const rows = result.snapshots.map((snapshot) => [
    snapshot.id,
    `${snapshot.project}/${snapshot.dataset}`,
    formatMoment(snapshot.created_at, language),
    formatBytes(snapshot.bytes, language),
  ])
  if (rows.length > 0) process.stdout.write(table([texts.snapshot, texts.dataset, texts.made, texts.size], rows, [3]))
  const tell = result.dry_run ? texts.wouldErase : texts.erased
  process.stdout.write(`${tell(result.snapshots.length, formatBytes(result.bytes, language))}\n`)
}
