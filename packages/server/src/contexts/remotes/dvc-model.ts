import { FabriqueError } from '@fabrique/contract'

/** How DVC hashes a file: as it is, or, before its version 3, texts with CRLF taken as LF. */
export type DvcHashRule = 'md5' | 'md5-dos2unix'

/** One output that a DVC repository tracks: a file or a folder. */
export interface DvcOutput {
  /** From the top of the repository, with `/`. */
  readonly path: string
  /** 32 hex digits; of a folder those of its list of files. */
  readonly md5: string
  readonly isFolder: boolean
  readonly rule: DvcHashRule
  /** The `.dvc` or `dvc.lock` file that tells of it, from the top of the repository. */
  readonly declaredIn: string
  /** The stage of a `dvc.lock` that makes it. */
  readonly stage?: string | undefined
  readonly isExecutable: boolean
  /** The remote that keeps it, where it has one of its own. */
  readonly remote?: string | undefined
}

/** A file of the list of a folder. */
export interface DvcEntry {
  readonly md5: string
  readonly relpath: string
}

/** Throws `dvc_file_invalid`. */
export function invalidFile(file: string, reason: string, cause?: unknown): never {
  throw new FabriqueError('dvc_file_invalid', { file, reason }, { cause })
}

/** True for a path that stays in the folder that it is relative to, on every system. */
export function isPlainPath(path: string): boolean {
  if (path === '' || path.includes('\\') || path.includes('\0') || /^[a-z]:/i.test(path)) return false
  return path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
}
