export type EmbeddedPostgresErrorCode =
  | 'postgres_platform_unsupported'
  | 'postgres_init_failed'
  | 'postgres_start_failed'
  | 'postgres_folder_not_writable'
  | 'postgres_folder_newer'
  | 'disk_full'

/** Every expected failure of this folder. `message` says what and which value; `hint` says what to do. */
export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedPostgresErrorCode
  readonly hint: string

  constructor(code: EmbeddedPostgresErrorCode, message: string, hint: string, cause?: unknown) {
    super(`${message}; ${hint.charAt(0).toLowerCase()}${hint.slice(1)}`, cause === undefined ? undefined : { cause })
    this.name = 'EmbeddedPostgresError'
    this.code = code
    this.hint = hint
  }
}

export const EXTERNAL_SERVER_HINT = 'Set DATABASE_URL to a PostgreSQL 14+ server'

/** The `code` of a Node or pg error, or undefined. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Recognises a full disk or quota in what PostgreSQL printed. */
export function saysDiskFull(text: string): boolean {
  return /No space left on device|Disk quota exceeded/i.test(text)
}

export function diskFull(path: string, cause?: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'disk_full',
    `No space is left on the disk that holds ${path}`,
    'Free some space, then start again',
    cause,
  )
}

export function notWritable(path: string, why: string, cause?: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'postgres_folder_not_writable',
    `Folder ${path} cannot be used for the database: ${why}`,
    'Give this user the folder, or choose another data folder',
    cause,
  )
}

const FOLDER_CODES = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'])

/** Turns a file system error about `path` into ours; anything unexpected becomes `otherwise`. */
export function folderError(path: string, error: unknown, otherwise: EmbeddedPostgresErrorCode): EmbeddedPostgresError {
  if (error instanceof EmbeddedPostgresError) return error
  const code = errorCode(error) ?? 'unknown error'
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, error)
  if (FOLDER_CODES.has(code)) return notWritable(path, code, error)
  const text = error instanceof Error ? error.message : String(error)
  return new EmbeddedPostgresError(otherwise, `Folder ${path}: ${text}`, 'Look at the cause and start again', error)
}
