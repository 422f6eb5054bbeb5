import { resolve } from 'node:path'
import { DvcExportResult, DvcImportResult, routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { followJob } from '../follow-job.js'
import { formatCount } from '../format.js'
import { lineageMessages } from '../lineage-messages.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { table } from '../table.js'
import { type AskFlags, serverUrl } from './status.js'

function setUp(flags: AskFlags) {
  const language = terminalLanguage(flags.lang, process.env)
  return { language, client: apiClient({ url: serverUrl(flags), language }), texts: lineageMessages(language) }
}

export interface ImportDvcFlags extends AskFlags {
  readonly project: string
  readonly remote?: string
  readonly target?: readonly string[]
  readonly reason: string
}

/** Adopts the outputs of a DVC repository as data sets, and follows the job. */
export async function dataImportDvc(folder: string, flags: ImportDvcFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const { project, remote, target, reason } = flags
  const started = await client.call(routes.importDvc, {
    params: { project },
    body: {
      folder: resolve(folder),
      targets: [...(target ?? [])],
      reason,
      ...(remote === undefined ? {} : { remote }),
    },
  })
  const job = await followJob(client, started, { language, quiet: flags.json })
  const { datasets, skipped } = DvcImportResult.parse(job.result)
  if (flags.json === true) return printJson({ datasets, skipped })
  const rows = datasets.map(({ path, dataset, snapshot_id, state }) => [
    path,
    dataset,
    snapshot_id,
    texts.states[state],
  ])
  if (rows.length > 0) {
    process.stdout.write(table([texts.output, texts.dataset, texts.snapshot, texts.state], rows))
  }
  for (const { path } of skipped) process.stdout.write(`${texts.skipped(path)}\n`)
  const created = datasets.filter(({ state }) => state === 'created').length
  process.stdout.write(`${texts.adopted(datasets.length, created)}\n`)
}

export interface ExportDvcFlags extends AskFlags {
  readonly project: string
  readonly checkout?: boolean
}

/** Writes snapshots as a DVC repository, and follows the job. A data set may have a ref, as `images@gold`. */
export async function dataExportDvc(folder: string, datasets: readonly string[], flags: ExportDvcFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const chosen = datasets.map((text) => {
    const [dataset = '', ...ref] = text.split('@')
    return { dataset, ref: ref.length === 0 ? 'latest' : ref.join('@') }
  })
  const started = await client.call(routes.exportDvc, {
    params: { project: flags.project },
    body: {
      folder: resolve(folder),
      datasets: chosen.map(({ dataset }) => dataset),
      refs: chosen.map(({ ref }) => ref),
      checkout: flags.checkout ?? false,
    },
  })
  const job = await followJob(client, started, { language, quiet: flags.json })
  const result = DvcExportResult.parse(job.result)
  if (flags.json === true) return printJson(result)
  const rows = result.datasets.map(({ dataset, snapshot_id, path, files }) => [
    dataset,
    snapshot_id,
    path,
    formatCount(files, language),
  ])
  if (rows.length > 0) {
    process.stdout.write(table([texts.dataset, texts.snapshot, texts.output, texts.files], rows, [3]))
  }
  process.stdout.write(`${texts.exported(result.folder, result.objects)}\n`)
}
