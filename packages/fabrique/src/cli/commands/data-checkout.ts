import { resolve } from 'node:path'
import { routes } from '@fabrique/contract'
import { z } from 'zod'
import { apiClient } from '../../client/index.js'
import { followJob } from '../follow-job.js'
import { formatBytes } from '../format.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { sharingMessages } from '../sharing-messages.js'
import { findSnapshot } from '../snapshot-ref.js'
import { type AskFlags, serverUrl } from './status.js'

const CheckedOut = z.object({ files: z.number(), written: z.number(), removed: z.number(), bytes: z.number() })

export interface CheckoutFlags extends AskFlags {
  readonly removeOthers?: boolean
  readonly force?: boolean
}

/** Writes the files of a snapshot to a folder. */
export async function dataCheckout(ref: string, folder: string, flags: CheckoutFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const { id } = await findSnapshot(client, ref, language)
  const body = {
    folder: resolve(folder),
    remove_others: flags.removeOthers === true,
    force: flags.force === true,
  }
  const started = await client.call(routes.checkoutSnapshot, { params: { snapshot: id }, body })
  const job = await followJob(client, started, { language, quiet: flags.json })
  const result = CheckedOut.parse(job.result)
  if (flags.json === true) return printJson({ snapshot_id: id, ...result })
  const texts = sharingMessages(language)
  const written = texts.checkedOut(result.written, result.files, formatBytes(result.bytes, language))
  const removed = result.removed > 0 ? `; ${texts.removed(result.removed)}` : ''
  process.stdout.write(`${written}${removed}\n`)
}
