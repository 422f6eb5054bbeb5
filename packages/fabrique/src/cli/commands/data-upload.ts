import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { FabriqueError } from '@fabrique/contract/client'
import { apiClient } from '../../client/index.js'
import { quickRoutes } from '../quick-routes.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { datasetRef } from '../snapshot-ref.js'
import { terminalLanguage } from '../terminal-language.js'
import { followIngest } from './data-ingest.js'

/** Sends a file of this machine to become a snapshot of a data set that the project does not declare, and shows how far it is. */
export async function dataUpload(path: string, flags: AskFlags & { name: string; follow: boolean }): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const params = datasetRef(flags.name, language)
  const found = await stat(path).catch((error: unknown) => {
    throw new FabriqueError('file_not_found', { path }, { cause: error })
  })
  if (!found.isFile()) throw new FabriqueError('file_unreadable', { path, reason: 'it is not a file' })
  const started = await client.upload(quickRoutes.uploadDataset, {
    params,
    query: { file_name: basename(path) },
    content: bytesOf(path),
    bytes: found.size,
  })
  await followIngest(client, started, flags, language)
}

/** The types of streams of Node and of the web differ in what no one here uses. */
function bytesOf(path: string): ReadableStream<Uint8Array> {
  return Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>
}
