import { routes, TransferResult } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { followJob } from '../follow-job.js'
import { formatBytes } from '../format.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { sharingMessages } from '../sharing-messages.js'
import { wrongUse } from '../wrong-use.js'
import { type AskFlags, serverUrl } from './status.js'

export interface TransferFlags extends AskFlags {
  readonly remote?: string
  readonly threads?: string
}

interface Selection {
  readonly project?: string
  readonly dataset?: string
  readonly refs?: string[]
}

/** `PROJECT`, `PROJECT/DATASET` or `PROJECT/DATASET@REF`; those of one data set together. */
function selectionsOf(refs: readonly string[], expected: string): readonly Selection[] {
  if (refs.length === 0) return [{}]
  const selections = new Map<string, { project: string; dataset?: string; refs: string[] }>()
  for (const text of refs) {
    const match = /^([^/@\s]+)(?:\/([^/@\s]+)(?:@(\S+))?)?$/.exec(text)
    const [, project, dataset, ref] = match ?? []
    if (project === undefined) throw wrongUse(text, expected)
    const key = `${project}/${dataset ?? ''}${ref === undefined ? '' : '@'}`
    const known = selections.get(key) ?? { project, ...(dataset === undefined ? {} : { dataset }), refs: [] }
    if (ref !== undefined) known.refs.push(ref)
    selections.set(key, known)
  }
  return [...selections.values()]
}

/** Sends snapshots to a remote, or fetches them: all, or those named. */
export async function dataTransfer(way: 'push' | 'pull', refs: readonly string[], flags: TransferFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = sharingMessages(language)
  const client = apiClient({ url: serverUrl(flags), language })
  const threads = flags.threads === undefined ? undefined : Number(flags.threads)
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 64)) {
    throw wrongUse('--threads', texts.number)
  }
  const params = { remote: flags.remote ?? 'default' }
  const total: TransferResult = { snapshots: 0, blobs: 0, bytes: 0, skipped: 0, tag_conflicts: [] }
  for (const selection of selectionsOf(refs, texts.refExpected)) {
    const body = { ...selection, ...(threads === undefined ? {} : { threads }) }
    const route = way === 'push' ? routes.pushSnapshots : routes.pullSnapshots
    const started = await client.call(route, { params, body })
    const job = await followJob(client, started, { language, quiet: flags.json })
    const result = TransferResult.parse(job.result)
    total.snapshots += result.snapshots
    total.blobs += result.blobs
    total.bytes += result.bytes
    total.skipped += result.skipped
    total.tag_conflicts.push(...result.tag_conflicts)
  }
  if (flags.json === true) return printJson(total)
  const tell = way === 'push' ? texts.pushed : texts.pulled
  const bytes = formatBytes(total.bytes, language)
  process.stdout.write(`${tell(total.snapshots, total.blobs, bytes)}; ${texts.skipped(total.skipped)}\n`)
  for (const { project, dataset, tag, here, there } of total.tag_conflicts) {
    process.stdout.write(`${texts.tagConflict(`${project}/${dataset}@${tag}`, here, there)}\n`)
  }
}
