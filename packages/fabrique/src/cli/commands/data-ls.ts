import { type Dataset, type Language, routes, type Snapshot } from '@fabrique/contract'
import pc from 'picocolors'
import { type ApiClient, apiClient } from '../../client/index.js'
import { formatBytes, formatCount, formatMoment } from '../format.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { snapshotMessages } from '../snapshot-messages.js'
import { table } from '../table.js'
import { type AskFlags, serverUrl } from './status.js'

export interface ListFlags extends AskFlags {
  readonly limit?: string
}

/** Lists the data sets of all projects or of one, or the snapshots of a data set. */
export async function dataLs(
  project: string | undefined,
  dataset: string | undefined,
  flags: ListFlags,
): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  // PROJECT/DATASET is how other commands name a data set.
  const [first, second = dataset] = project?.split('/') ?? []
  if (first !== undefined && second !== undefined) return listSnapshots(client, first, second, flags)
  const projects =
    first === undefined ? (await client.call(routes.listProjects)).items.map(({ name }) => name) : [first]
  const datasets: Dataset[] = []
  for (const name of projects) {
    datasets.push(...(await client.call(routes.listDatasets, { params: { project: name } })).items)
  }
  if (flags.json === true) printJson(datasets)
  else process.stdout.write(describeDatasets(datasets, language))
}

function describeDatasets(datasets: readonly Dataset[], language: Language): string {
  const texts = snapshotMessages(language)
  if (datasets.length === 0) return `${texts.nothing}\n`
  const rows = datasets.map(({ project, name, is_declared, snapshot_count, latest_snapshot: newest }) => [
    project,
    is_declared ? name : `${name} ${pc.dim(`(${texts.undeclared})`)}`,
    formatCount(snapshot_count, language),
    newest === undefined ? '' : formatCount(newest.row_count, language),
    newest === undefined ? '' : formatMoment(newest.created_at, language),
  ])
  return table([texts.project, texts.dataset, texts.snapshots, texts.rows, texts.newest], rows, [2, 3])
}

async function listSnapshots(client: ApiClient, project: string, dataset: string, flags: ListFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = snapshotMessages(language)
  const limit = Math.max(1, Math.min(1000, Number(flags.limit ?? 50) || 50))
  const { items, next_page_token } = await client.call(routes.listSnapshots, {
    params: { project, dataset },
    query: { limit },
  })
  if (flags.json === true) return printJson(items)
  if (items.length === 0) {
    process.stdout.write(`${texts.noSnapshots}\n`)
    return
  }
  const header = [texts.snapshot, texts.content, texts.tags, texts.rows, texts.size, texts.created]
  process.stdout.write(
    table(
      header,
      items.map((snapshot) => rowOf(snapshot, language)),
      [3, 4],
    ),
  )
  if (next_page_token !== undefined) process.stdout.write(`${pc.dim(texts.more)}\n`)
}

function rowOf({ id, content_hash, tags, row_count, bytes, created_at }: Snapshot, language: Language): string[] {
  return [
    id,
    content_hash.slice(0, 12),
    tags.map((tag) => pc.green(tag)).join(', '),
    formatCount(row_count, language),
    formatBytes(bytes, language),
    formatMoment(created_at, language),
  ]
}
