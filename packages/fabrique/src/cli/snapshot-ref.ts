import type { Language, Snapshot } from '@fabrique/contract'
import type { ApiClient } from '../client/index.js'
import { checkMessages } from './check-messages.js'
import { quickRoutes } from './quick-routes.js'
import { wrongUse } from './wrong-use.js'

export interface DatasetRef {
  readonly project: string
  readonly dataset: string
}

/** `PROJECT/DATASET` as people write it. */
export function datasetRef(text: string, language: Language): DatasetRef {
  const match = /^([^/@\s]+)\/([^/@\s]+)$/.exec(text)
  if (match?.[1] === undefined || match[2] === undefined) {
    throw wrongUse(text, checkMessages(language).datasetExpected)
  }
  return { project: match[1], dataset: match[2] }
}

/** The snapshot that `snap_…`, `PROJECT/DATASET` (the newest) or `PROJECT/DATASET@REF` (a tag, a hash, a moment) stands for. */
export async function findSnapshot(client: ApiClient, text: string, language: Language): Promise<Snapshot> {
  if (text.startsWith('snap_')) return client.call(quickRoutes.getSnapshot, { params: { snapshot: text } })
  const at = text.indexOf('@')
  const place = at < 0 ? text : text.slice(0, at)
  if (!/^[^/\s]+\/[^/\s]+$/.test(place)) throw wrongUse(text, checkMessages(language).refExpected)
  const ref = at < 0 ? 'latest' : text.slice(at + 1)
  return client.call(quickRoutes.resolveSnapshot, { params: { ...datasetRef(place, language) }, query: { ref } })
}
