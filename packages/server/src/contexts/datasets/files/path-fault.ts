import { limit } from '../../../kernel/index.js'

/** Most paths are such, and this is quickly told: no segment is empty or begins with a dot, and nothing but ASCII is in it. */
const plainPath = /^(?:[\w+=@,-][\w+=@,. -]*)(?:\/[\w+=@,-][\w+=@,. -]*)*$/

/** Why a path cannot stand in a collection; undefined where it can. */
export function pathFault(path: string): string | undefined {
  if (path.length <= limit('files.path_bytes_max') && plainPath.test(path)) return undefined
  const bytes = Buffer.from(path)
  if (bytes.length > limit('files.path_bytes_max')) return 'it is too long'
  if (bytes.toString() !== path || path.includes('\uFFFD')) return 'it is not UTF-8'
  if (path.includes('\0')) return 'it has a NUL'
  if (path.includes('\\')) return 'it has a backslash'
  if (/^[a-z]:/i.test(path)) return 'it names a drive'
  const isRelative = path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  return isRelative ? undefined : 'it is not a plain relative path'
}
