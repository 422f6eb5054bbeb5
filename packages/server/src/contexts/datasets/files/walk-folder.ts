import { createHash } from 'node:crypto'
import { type BigIntStats, type Dirent, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { type IgnoreRules, ignoreFileNames, isToolFolder, parseIgnoreRules } from './ignore-rules.js'
import type { LeftOut } from './model.js'
import { pathFault } from './path-fault.js'
import { sortByPath } from './path-order.js'

/** A file on disk, as it was when it was looked at. */
export interface FoundFile {
  /** Relative to the folder, with `/`. */
  readonly path: string
  readonly bytes: number
  /** Another one means that the content may be another. */
  readonly mark: string
  readonly executable: boolean
}

export interface Walked extends WalkEnd {
  readonly files: readonly FoundFile[]
}

/** What is known of a folder once all of it was looked at. */
export interface WalkEnd {
  /** Of the paths, marks and rights of the files: the same one means that none of them changed, came or went. */
  readonly digest: string
  readonly leftOut: readonly LeftOut[]
  /** True where there are more files than allowed; then the list is not complete. */
  readonly tooMany: boolean
}

/** Size, times to the nanosecond, number and device of a file. */
export function markOf({ size, mtimeNs, ctimeNs, ino, dev }: BigIntStats): string {
  return `${size}-${mtimeNs}-${ctimeNs}-${ino}-${dev}`
}

/** When a file was last written, or its name or rights were; milliseconds. */
export function touchedMs({ mtimeMs, ctimeMs }: BigIntStats): number {
  return Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs)
}

/** Gives the full paths of files below a folder as `join` does, quicker for thousands. */
export function pathsBelow(folder: string): (path: string) => string {
  if (sep !== '/') return (path) => join(folder, path)
  const start = folder.endsWith('/') ? folder : `${folder}/`
  return (path) => `${start}${path}`
}

/** Characters that go into the digest at once. */
const toldAtOnce = 64 * 1024

interface Scope {
  /** Path of the folder that an ignore file is in, with `/` at its end; empty at the top. */
  readonly base: string
  readonly rules: IgnoreRules
}

/** Every file below a folder, as `walkPieces` finds them. */
export function walkFolder(root: string, filesMax: number): Walked {
  const files: FoundFile[] = []
  const pieces = walkPieces(root, filesMax, Number.POSITIVE_INFINITY)
  for (let step = pieces.next(); ; step = pieces.next()) {
    if (step.done === true) return { files, ...step.value }
    for (const file of step.value) files.push(file)
  }
}

/**
 * Every file below a folder, in the order of their paths, so many at a time. A symbolic link to a file inside of it counts as that file; links to anything
 * else, files that are no plain files and names that cannot be kept are left out, and told. What ignore files name is left out silently.
 * Works without a pause: for threads of its own.
 */
export function* walkPieces(
  root: string,
  filesMax: number,
  pieceFiles: number,
): Generator<readonly FoundFile[], WalkEnd, void> {
  const real = realpathSync(root)
  const inside = real.endsWith(sep) ? real : `${real}${sep}`
  let piece: FoundFile[] = []
  let count = 0
  const leftOut: LeftOut[] = []
  const digest = createHash('sha256')
  let told = ''
  const visit = function* (folder: string, scopes: readonly Scope[]): Generator<readonly FoundFile[], void, void> {
    const entries = inOrder(readdirSync(`${inside}${folder}`, { withFileTypes: true }))
    const all = [...scopes, ...scopesOf(root, folder, entries)]
    for (const entry of entries) {
      if (count > filesMax) return
      const path = `${folder}${entry.name}`
      if (isIgnored(all, path, entry.isDirectory())) continue
      if (entry.isDirectory()) {
        if (!isToolFolder(entry.name)) yield* visit(`${path}/`, all)
        continue
      }
      const fault = pathFault(path) ?? take(path, entry)
      if (fault !== undefined) leftOut.push({ path, reason: fault })
      if (piece.length < pieceFiles) continue
      yield piece
      piece = []
    }
  }
  const take = (path: string, entry: Dirent): string | undefined => {
    const full = `${inside}${path}`
    if (entry.isSymbolicLink()) {
      const fault = linkFault(full, inside)
      if (fault !== undefined) return fault
    } else if (!entry.isFile()) return 'it is not a plain file'
    const found = entry.isSymbolicLink() ? statSync(full, { bigint: true }) : lstatSync(full, { bigint: true })
    const file = { path, bytes: Number(found.size), mark: markOf(found), executable: isExecutable(found) }
    piece.push(file)
    count += 1
    told += `${file.mark}${file.executable ? 'x' : '-'}${path}\0`
    if (told.length < toldAtOnce) return undefined
    digest.update(told)
    told = ''
    return undefined
  }
  yield* visit('', [])
  if (piece.length > 0) yield piece
  return { leftOut, tooMany: count > filesMax, digest: digest.update(told).digest('hex') }
}

/** What is in a folder in the order of the paths of the files, those below it included: then the list of all files is in order. */
function inOrder(entries: readonly Dirent[]): readonly Dirent[] {
  const named = entries.map((entry) => ({ entry, path: entry.isDirectory() ? `${entry.name}/` : entry.name }))
  return sortByPath(named).map(({ entry }) => entry)
}

export function isExecutable({ mode }: BigIntStats): boolean {
  return process.platform !== 'win32' && (mode & 0o100n) !== 0n
}

function linkFault(path: string, inside: string): string | undefined {
  let target: string
  try {
    target = realpathSync(path)
  } catch {
    return 'it is a symbolic link to nothing'
  }
  if (!target.startsWith(inside)) return 'it is a symbolic link that leads out of the folder'
  return statSync(target).isFile() ? undefined : 'it is a symbolic link to a folder'
}

function scopesOf(root: string, folder: string, entries: readonly Dirent[]): readonly Scope[] {
  return entries
    .filter((entry) => entry.isFile() && ignoreFileNames.includes(entry.name))
    .map(({ name }) => ({ base: folder, rules: parseIgnoreRules(readFileSync(join(root, folder, name), 'utf8')) }))
}

/** The innermost ignore file that speaks of a path decides. */
function isIgnored(scopes: readonly Scope[], path: string, isFolder: boolean): boolean {
  for (let at = scopes.length - 1; at >= 0; at -= 1) {
    const scope = scopes[at]
    const decision = scope?.rules.decide(path.slice(scope.base.length), isFolder)
    if (decision !== undefined) return decision
  }
  return false
}
