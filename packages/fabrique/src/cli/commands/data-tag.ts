import { routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { snapshotMessages } from '../snapshot-messages.js'
import { findSnapshot } from '../snapshot-ref.js'
import { type AskFlags, serverUrl } from './status.js'

export interface TagFlags extends AskFlags {
  readonly reason: string
  readonly delete?: boolean
}

/** Points a tag to a snapshot, or removes it from the data set of the snapshot. */
export async function dataTag(ref: string, tag: string, flags: TagFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = snapshotMessages(language)
  const client = apiClient({ url: serverUrl(flags), language })
  const { id, project, dataset } = await findSnapshot(client, ref, language)
  const params = { project, dataset, tag }
  if (flags.delete === true) {
    const deleted = await client.call(routes.deleteSnapshotTag, { params })
    if (flags.json === true) printJson(deleted)
    else process.stdout.write(`${texts.untagged(tag)}\n`)
    return
  }
  const set = await client.call(routes.setSnapshotTag, { params, body: { ref: id, reason: flags.reason } })
  if (flags.json === true) printJson(set)
  else process.stdout.write(`${texts.tagged(`${project}/${dataset}@${set.tag}`, set.snapshot_id)}\n`)
}
