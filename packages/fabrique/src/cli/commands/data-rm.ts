import { routes } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { snapshotMessages } from '../snapshot-messages.js'
import { findSnapshot } from '../snapshot-ref.js'
import { wrongUse } from '../wrong-use.js'
import { type AskFlags, serverUrl } from './status.js'

/** Erases a snapshot that nothing uses. */
export async function dataRm(ref: string, flags: AskFlags & { readonly yes?: boolean }): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const texts = snapshotMessages(language)
  if (flags.yes !== true) throw wrongUse('rm', texts.confirm)
  const client = apiClient({ url: serverUrl(flags), language })
  const { id } = await findSnapshot(client, ref, language)
  const reply = await client.call(routes.deleteSnapshot, { params: { snapshot: id } })
  if (flags.json === true) printJson({ snapshot_id: id, ...reply })
  else process.stdout.write(`${texts.erased(id)}\n`)
}
