import type { Profile } from '@fabrique/contract'
import type { FileEngine } from '../../../platform/plain-files/index.js'
import { computeProfile } from './compute-profile.js'

/** The profile of a file. Errors: `file_not_found`, `file_unreadable`, `file_format_unknown`. */
export function profileFile(engine: FileEngine, path: string, signal?: AbortSignal): Promise<Profile> {
  return engine.use(path, (connection, { table, columns }) => computeProfile(connection, table, columns), signal)
}
