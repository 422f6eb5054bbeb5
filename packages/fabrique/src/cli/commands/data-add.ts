import { resolve } from 'node:path'
import type { Job } from '@fabrique/contract'
import { apiClient } from '../../client/index.js'
import { describeAdded } from '../describe-added.js'
import { followJob } from '../follow-job.js'
import { isFilesAdded } from '../is-files-added.js'
import { printJson } from '../print-json.js'
import { quickRoutes } from '../quick-routes.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { datasetRef } from '../snapshot-ref.js'
import { terminalLanguage } from '../terminal-language.js'

/**
 * Takes a folder or a file, as it is, to a snapshot of files. A folder in which nothing changed, and one that is added quickly, are told
 * before, by `start`; a job that it began goes on here.
 */
export async function dataAdd(
  path: string,
  flags: AskFlags & { name: string; reason: string },
  begun?: Job,
): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const params = datasetRef(flags.name, language)
  const body = { path: resolve(path), reason: flags.reason }
  const started = begun ?? (await client.call(quickRoutes.addFiles, { params, body }))
  const { result } = await followJob(client, started, { language, quiet: flags.json })
  const added = isFilesAdded(result) ? result : (await import('@fabrique/contract')).FilesAdded.parse(result)
  if (flags.json === true) return printJson(added)
  process.stdout.write(describeAdded(added, language))
}
