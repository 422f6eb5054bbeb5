import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { FabriqueError, type SourceDefinition, type SourceFormat } from '@fabrique/contract'
import { readPieces } from '../../../platform/plain-files/index.js'
import { findFiles, isPattern } from './file-glob.js'
import type { LocalFile, SourceDriver, SourceItem, SourceScope } from './source-driver.js'

type FileKind = 'csv' | 'parquet' | 'json'

/** What tells one content of a file from the next without reading it. */
export function fileMark({ size, mtimeNs, ino }: BigIntStats): string {
  return `${size}-${mtimeNs}-${ino}`
}

/** A file written this shortly ago may be written again within the grain of its time stamp: its mark is not trusted yet. */
const settleMs = 2_000

function formatOf(source: Extract<SourceDefinition, { kind: FileKind }>): SourceFormat {
  switch (source.kind) {
    case 'csv':
      return { format: 'csv', dialect: source.dialect }
    case 'parquet':
      return { format: 'parquet' }
    case 'json':
      return { format: 'json' }
  }
}

/** How often a file that changes is hashed again. */
const hashAttempts = 3

/**
 * Hashes a file of this machine. Errors: `source_not_found`, `source_unreadable`, `source_changed`. The file belongs to the user:
 * releasing it does nothing.
 */
async function openFile(
  path: string,
  names: { readonly path: string; readonly dataset: string },
  scope: SourceScope,
  report: (bytes: number) => void,
): Promise<LocalFile> {
  for (let attempt = 1; attempt <= hashAttempts; attempt += 1) {
    const hash = createHash('sha256')
    let bytes = 0
    try {
      const before = fileMark(await stat(path, { bigint: true }))
      for await (const chunk of readPieces(path)) {
        scope.ctx.signal?.throwIfAborted()
        hash.update(chunk)
        bytes += chunk.length
        report(bytes)
      }
      const mark = fileMark(await stat(path, { bigint: true }))
      if (mark === before) return { path, sha256: hash.digest('hex'), bytes, mark, release: () => Promise.resolve() }
    } catch (error) {
      scope.ctx.signal?.throwIfAborted()
      throw unreadable(error, names)
    }
  }
  throw new FabriqueError('source_changed', names)
}

function unreadable(error: unknown, names: { readonly path: string; readonly dataset: string }): FabriqueError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  if (code === 'ENOENT') return new FabriqueError('source_not_found', names, { cause: error })
  const reason =
    code === 'EACCES'
      ? 'this user may not read it'
      : code === 'EISDIR'
        ? 'it is a folder'
        : error instanceof Error
          ? error.message
          : String(error)
  return new FabriqueError('source_unreadable', { ...names, reason }, { cause: error })
}

/** The files of one path or pattern. Errors: `source_not_found`, `source_unreadable`. */
async function filesOf(scope: SourceScope, path: string): Promise<readonly string[]> {
  const names = { path, dataset: scope.dataset }
  if (!isPattern(path)) return [path]
  const found = await findFiles(scope.folder, path).catch((error: unknown) => {
    throw unreadable(error, names)
  })
  if (found.length > 0) return found
  // A file can have letters in its name that stand for others in a pattern.
  const isFile = await stat(resolve(scope.folder, path)).then(
    (there) => there.isFile(),
    () => false,
  )
  if (!isFile) throw new FabriqueError('source_not_found', names)
  return [path]
}

/** Reads files of this machine by path or pattern, sorted by path. */
export function fileDriver<Kind extends FileKind>(kind: Kind): SourceDriver<Kind> {
  return {
    kind,
    async list(source, scope) {
      const items: SourceItem[] = []
      const seen = new Set<string>()
      const given = source as Extract<SourceDefinition, { kind: FileKind }>
      for (const pattern of given.paths) {
        for (const name of await filesOf(scope, pattern)) {
          const path = resolve(scope.folder, name)
          if (seen.has(path)) continue
          seen.add(path)
          const names = { path: name, dataset: scope.dataset }
          const found = await stat(path, { bigint: true }).catch((error: unknown) => {
            throw unreadable(error, names)
          })
          const isSettled = scope.ctx.clock.now().getTime() - Number(found.mtimeMs) > settleMs
          const isReadable = await access(path, constants.R_OK).then(
            () => true,
            () => false,
          )
          items.push({
            name,
            ...(found.isFile() && isSettled && isReadable ? { mark: fileMark(found) } : {}),
            bytes: Number(found.size),
            ...(found.isFile() ? { path } : {}),
            format: formatOf(given),
            open: (report) => {
              if (!found.isFile())
                throw new FabriqueError('source_unreadable', {
                  ...names,
                  reason: 'it is not a file',
                  reason_fr: 'ce n’est pas un fichier',
                })
              return openFile(path, names, scope, report)
            },
          })
        }
      }
      items.sort((left, right) => (left.name < right.name ? -1 : 1))
      return { items, mode: 'whole' }
    },
  }
}
