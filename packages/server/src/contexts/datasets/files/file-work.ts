import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageFacts } from './model.js'
import { type FinishedPack, openPackWriter, type PackWriter } from './pack-writer.js'
import { readImageFacts } from './read-image-facts.js'
import { isExecutable, markOf, touchedMs, type Walked, walkFolder } from './walk-folder.js'

/** What a thread that reads files is started with. */
export interface FileWorkStart {
  readonly stagingFolder: string
  /** Contents below this size go into packs. */
  readonly smallBytes: number
  readonly packBytes: number
  readonly imagePixelsMax: number
}

/** Files to read. Temporary files are named by the caller, so that it can remove them whatever happens. */
export interface ReadRequest {
  readonly files: readonly string[]
  readonly tempNames: readonly string[]
  readonly withImages: boolean
}

/** What a file turned out to be. */
export type ReadFile =
  | {
      readonly sha256: string
      readonly bytes: number
      readonly mark: string
      /** When it was last touched; milliseconds. */
      readonly touchedMs: number
      readonly executable: boolean
      readonly image?: ImageFacts
      /** True where a copy of it lies under the temporary name; else it waits in memory for `keep`. */
      readonly isCopied: boolean
    }
  /** `isContent` where it can be read, but is not an image. */
  | { readonly fault: string; readonly isContent: boolean }

export interface KeepRequest {
  /** For each file of the oldest `read` that has had no `keep`: whether its content goes into a pack. */
  readonly keep: readonly boolean[]
  readonly packName: string
}

export interface WalkRequest {
  readonly folder: string
  readonly filesMax: number
  /** Digest of an earlier walk: where it is the same, the files are not told again. */
  readonly known?: string | undefined
}

/** The work of one thread: calls come one after the other. Each `read` has a `keep`, in the same order. */
export interface FileWork {
  walk(request: WalkRequest): Promise<Walked>
  read(request: ReadRequest): Promise<readonly ReadFile[]>
  /** Gives a pack that became full. */
  keep(request: KeepRequest): Promise<FinishedPack | null>
  /** Gives the last pack. */
  finish(): Promise<FinishedPack | null>
}

/** A content that waits in memory; absent where it was copied or could not be read. */
interface Held {
  readonly content: Uint8Array | undefined
  readonly sha256: string
}

const chunkBytes = 1024 * 1024
const attemptsMax = 3

/** Makes the work that a thread does; the same in this thread where there are no others. */
export function makeFileWork(start: FileWorkStart): FileWork {
  const chunk = Buffer.allocUnsafeSlow(chunkBytes)
  /** What was read and waits for `keep`, one list for each `read`. */
  let held: Held[][] = []
  let pack: PackWriter | undefined

  const readOne = async (path: string, tempName: string, withImage: boolean, kept: Held[]): Promise<ReadFile> => {
    const temp = join(start.stagingFolder, tempName)
    const read = readSettled(path, { temp, chunk, smallBytes: start.smallBytes })
    if ('fault' in read) return read
    const { content, ...facts } = read
    if (withImage) {
      const image = await readImageFacts(content ?? temp, start.imagePixelsMax)
      if ('fault' in image) {
        rmSync(temp, { force: true })
        return { ...image, isContent: true }
      }
      kept.push({ content, sha256: facts.sha256 })
      return { ...facts, image, isCopied: content === undefined }
    }
    kept.push({ content, sha256: facts.sha256 })
    return { ...facts, isCopied: content === undefined }
  }

  return {
    async walk({ folder, filesMax, known }) {
      const walked = walkFolder(folder, filesMax)
      return walked.digest === known ? { ...walked, files: [] } : walked
    },
    async read({ files, tempNames, withImages }) {
      const results: ReadFile[] = []
      const kept: Held[] = []
      held.push(kept)
      for (const [at, file] of files.entries()) {
        const result = await readOne(file, tempNames[at] ?? '', withImages, kept)
        if ('fault' in result) kept.push({ content: undefined, sha256: '' })
        results.push(result)
      }
      return results
    },
    async keep({ keep, packName }) {
      for (const [at, { content, sha256 }] of (held.shift() ?? []).entries()) {
        if (content === undefined || keep[at] !== true) continue
        pack ??= openPackWriter(join(start.stagingFolder, packName))
        pack.append(sha256, content)
      }
      if (pack === undefined || pack.bytes < start.packBytes) return null
      return finishPack()
    },
    async finish() {
      held = []
      return finishPack()
    },
  }

  function finishPack(): FinishedPack | null {
    const finished = pack?.finish() ?? null
    pack = undefined
    return finished
  }
}

interface ReadScope {
  readonly temp: string
  readonly chunk: Buffer
  readonly smallBytes: number
}

type SettledFile = Omit<Extract<ReadFile, { sha256: string }>, 'isCopied' | 'image'> & {
  /** Absent where the content is in the temporary file. */
  readonly content: Uint8Array | undefined
}

/** Reads a file that did not change meanwhile. */
function readSettled(path: string, scope: ReadScope): SettledFile | Extract<ReadFile, { fault: string }> {
  for (let attempt = 1; ; attempt += 1) {
    let file: number
    try {
      file = openSync(path, 'r')
    } catch (error) {
      return { fault: `it cannot be opened (${codeOf(error)})`, isContent: false }
    }
    try {
      const before = fstatSync(file, { bigint: true })
      if (!before.isFile()) return { fault: 'it is not a plain file', isContent: false }
      const isSmall = before.size < BigInt(scope.smallBytes)
      const read = isSmall ? readSmall(file, Number(before.size)) : copyLarge(file, scope)
      const after = fstatSync(file, { bigint: true })
      const mark = markOf(after)
      if (read !== undefined && mark === markOf(before) && BigInt(read.bytes) === after.size) {
        return { ...read, mark, touchedMs: touchedMs(after), executable: isExecutable(after) }
      }
      rmSync(scope.temp, { force: true })
      if (attempt === attemptsMax) return { fault: 'it changed while it was read', isContent: false }
    } catch (error) {
      rmSync(scope.temp, { force: true })
      if (['ENOSPC', 'EDQUOT', 'EROFS'].includes(codeOf(error))) throw error
      return { fault: `it cannot be read (${codeOf(error)})`, isContent: false }
    } finally {
      closeSync(file)
    }
  }
}

interface ReadContent {
  readonly sha256: string
  readonly bytes: number
  readonly content: Uint8Array | undefined
}

/** One byte more than expected tells that the file grew. */
function readSmall(file: number, size: number): ReadContent | undefined {
  const content = Buffer.allocUnsafeSlow(size + 1)
  let bytes = 0
  while (bytes <= size) {
    const count = readSync(file, content, bytes, size + 1 - bytes, null)
    if (count === 0) break
    bytes += count
  }
  if (bytes !== size) return undefined
  const exact = content.subarray(0, size)
  return { sha256: createHash('sha256').update(exact).digest('hex'), bytes, content: exact }
}

/** Hashes a file and copies it in the same look. The blob store puts the copy on disk for good when it adopts it. */
function copyLarge(file: number, { temp, chunk }: ReadScope): ReadContent {
  const target = openSync(temp, 'wx', 0o600)
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for (;;) {
      const count = readSync(file, chunk, 0, chunk.length, null)
      if (count === 0) break
      const part = chunk.subarray(0, count)
      hash.update(part)
      for (let at = 0; at < count; ) at += writeSync(target, part, at)
      bytes += count
    }
  } finally {
    closeSync(target)
  }
  return { sha256: hash.digest('hex'), bytes, content: undefined }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
