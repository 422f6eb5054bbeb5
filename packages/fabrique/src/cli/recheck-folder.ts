import type { FilesAdded } from '@fabrique/contract'
import { isFilesAdded } from './is-files-added.js'
import type { QuickServer } from './quick-server.js'

/** Where a folder is added to, as the start of the path of its routes; undefined for a name that is not PROJECT/DATASET. */
export function quickPlace(name: string): string | undefined {
  const [project, dataset, ...more] = name.split('/')
  if (!project || !dataset || more.length > 0) return undefined
  return `/api/v1/projects/${encodeURIComponent(project)}/datasets/${encodeURIComponent(dataset)}`
}

/**
 * Asks a server whether a folder gives the snapshot that it gave before. Undefined where it does not, where that cannot be told, and where
 * anything is wrong: whoever adds the folder then is told what.
 */
export async function recheckFolder(server: QuickServer, place: string, path: string): Promise<FilesAdded | undefined> {
  const reply = await server.ask('POST', `${place}/recheck`, { path })
  const { unchanged } = (reply ?? {}) as { readonly unchanged?: unknown }
  return isFilesAdded(unchanged) && !unchanged.is_new ? unchanged : undefined
}
