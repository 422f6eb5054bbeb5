import { resolve } from 'node:path'
import { routes } from '@fabrique/contract'
import { z } from 'zod'
import { apiClient } from '../../client/index.js'
import { followJob } from '../follow-job.js'
import { formatBytes, formatCount } from '../format.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { sharingMessages } from '../sharing-messages.js'
import { datasetRef } from '../snapshot-ref.js'
import { type AskFlags, serverUrl } from './status.js'

const Added = z.object({
  snapshot_id: z.string(),
  content_hash: z.string(),
  is_new: z.boolean(),
  files: z.number(),
  files_read: z.number(),
  bytes: z.number(),
  left_out: z.array(z.object({ path: z.string(), reason: z.string() })),
  left_out_count: z.number(),
})

/** Takes a folder or a file, as it is, to a snapshot of files. */
export async function dataAdd(path: string, flags: AskFlags & { name: string; reason: string }): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const params = datasetRef(flags.name, language)
  const started = await client.call(routes.addFiles, { params, body: { path: resolve(path), reason: flags.reason } })
  const job = await followJob(client, started, { language, quiet: flags.json })
  const added = Added.parse(job.result)
  if (flags.json === true) return printJson(added)
  const texts = sharingMessages(language)
  const count = (value: number) => formatCount(value, language)
  const lines = [
    `${texts.added(added.is_new)} ${added.snapshot_id}  ${added.content_hash.slice(0, 12)}`,
    `  ${texts.files(count(added.files), formatBytes(added.bytes, language))}; ${texts.read(count(added.files_read))}`,
  ]
  if (added.left_out_count > 0) {
    const shown = added.left_out.slice(0, 20)
    lines.push(`  ${texts.leftOut(count(added.left_out_count))}`)
    lines.push(...shown.map((file) => `    ${file.path}  ${file.reason}`))
    if (added.left_out_count > shown.length) lines.push(`    ${texts.more(count(added.left_out_count - shown.length))}`)
  }
  process.stdout.write(`${lines.join('\n')}\n`)
}
