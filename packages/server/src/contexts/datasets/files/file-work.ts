import { createHash, hash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageFacts } from './model.js'
import { type ContentToPack, type FinishedPack, openPackWriter, type PackWriter } from './pack-writer.js'
import { readImageFacts } from './read-image-facts.js'
import {
  type FoundFile,
  isExecutable,
  markOf,
  touchedMs,
  type WalkEnd,
  type Walked,
  walkFolder,
  walkPieces,
} from './walk-folder.js'

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
  /** What each was when it was looked at; empty where it was not. */
  readonly marks: readonly string[]
  /** Its size then, 0 where it was not looked at; bytes. */
  readonly sizes: readonly number[]
  /** The temporary file of each is this name with its number, as `name-3`. */
  readonly tempName: string
  readonly withImages: boolean
  /** What was touched later may have changed since without showing it; milliseconds. */
  readonly settledBeforeMs: number
}

/** What a file turned out to be. */
export type ReadFile =
  | {
      readonly sha256: string
      readonly bytes: number
      readonly mark: string
      /** False where it was touched so shortly before that its mark tells nothing. */
      readonly isSettled: boolean
      readonly executable: boolean
      readonly image?: ImageFacts
      /** True where a copy of it lies under the temporary name; else it waits in memory for `keep`. */
      readonly isCopied: boolean
    }
  /** `isContent` where it can be read, but is not an image. */
  | { readonly fault: string; readonly isContent: boolean }

/** What the files of a request turned out to be: of most there is nothing to tell but the hash. */
export interface ReadFiles {
  /** By number. Empty for the others. */
  readonly hashes: readonly string[]
  /** Those that are not small, settled and as they were when they were looked at; by number. */
  readonly others: ReadonlyMap<number, ReadFile>
}

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

/** Files that a walk found next. */
export interface WalkPiece {
  readonly files: readonly FoundFile[]
  /** Given once there are no more. */
  readonly end?: WalkEnd
}

/** The work of one thread. Each `read` has a `keep`, in the same order; the next `read` may come before it. */
export interface FileWork {
  walk(request: WalkRequest): Promise<Walked>
  /** Begins to walk through a folder, or goes on with it, until it ends. */
  walkOn(request: Omit<WalkRequest, 'known'>): Promise<WalkPiece>
  read(request: ReadRequest): Promise<ReadFiles>
  /** Gives a pack that became full. Frees the memory of the contents. */
  keep(request: KeepRequest): Promise<FinishedPack | null>
  /** Gives the last pack. */
  finish(): Promise<FinishedPack | null>
}

/** A content that waits in memory; absent where it was copied or could not be read. */
interface Held {
  readonly content: Uint8Array | undefined
  readonly sha256: string
}

/** What one `read` holds until its `keep`. */
interface Batch {
  readonly held: Held[]
  readonly slab: Buffer
}

/** Bytes of the files of one `read` that are held together; what does not fit has memory of its own. */
export const slabBytes = 4 * 1024 * 1024
const chunkBytes = 1024 * 1024
/** Files that a walk tells at once. */
const pieceFiles = 1024
const attemptsMax = 3

/** Makes the work that a thread does; the same in this thread where there are no others. */
export function makeFileWork(start: FileWorkStart): FileWork {
  let chunk: Buffer | undefined
  /** What was read and waits for `keep`. */
  let batches: Batch[] = []
  /** Memory to read into. Used again and again: a system takes longer to give new memory than to read a small file. */
  let slabs: Buffer[] = []
  let pack: PackWriter | undefined
  let walking: ReturnType<typeof walkPieces> | undefined

  const withFacts = async (read: Settled, temp: string): Promise<Settled & { readonly image?: ImageFacts }> => {
    if ('fault' in read) return read
    const image = await readImageFacts(read.content ?? temp, start.imagePixelsMax)
    if (!('fault' in image)) return { ...read, image }
    rmSync(temp, { force: true })
    return { ...image, isContent: true }
  }

  return {
    async walk({ folder, filesMax, known }) {
      const walked = walkFolder(folder, filesMax)
      return walked.digest === known ? { ...walked, files: [] } : walked
    },
    async walkOn({ folder, filesMax }) {
      const pieces = walking ?? walkPieces(folder, filesMax, pieceFiles)
      // One that fails does not go on.
      walking = undefined
      const step = pieces.next()
      if (step.done === true) return { files: [], end: step.value }
      walking = pieces
      return { files: step.value }
    },
    async read({ files, marks, sizes, tempName, withImages, settledBeforeMs }) {
      const held: Held[] = []
      const hashes: string[] = []
      const others = new Map<number, ReadFile>()
      const slab = slabs.pop() ?? Buffer.allocUnsafeSlow(slabBytes + start.smallBytes)
      let used = 0
      const temps = join(start.stagingFolder, tempName)
      const memory: ReadMemory = {
        place: (size) => (used + size <= slab.length ? slab.subarray(used, used + size) : Buffer.allocUnsafeSlow(size)),
        chunk: () => (chunk ??= Buffer.allocUnsafeSlow(chunkBytes)),
      }
      batches.push({ held, slab })
      for (const [at, path] of files.entries()) {
        const seen = { mark: marks[at] ?? '', bytes: sizes[at] ?? 0 }
        const temp = `${temps}-${at}`
        const settled = readSettled(path, { seen, temp, smallBytes: start.smallBytes, memory })
        const read = withImages ? await withFacts(settled, temp) : settled
        if ('fault' in read) {
          held.push({ content: undefined, sha256: '' })
          hashes.push('')
          others.set(at, read)
          continue
        }
        const { content, touchedMs: touched, ...facts } = read
        if (content?.buffer === slab.buffer) used += content.length
        held.push({ content, sha256: facts.sha256 })
        const isSettled = touched <= settledBeforeMs
        const isCopied = content === undefined
        const isPlain = isSettled && !isCopied && facts.mark === seen.mark && !withImages
        hashes.push(isPlain ? facts.sha256 : '')
        if (!isPlain) others.set(at, { ...facts, isSettled, isCopied })
      }
      return { hashes, others }
    },
    async keep({ keep, packName }) {
      const batch = batches.shift()
      if (batch === undefined) return null
      const kept = batch.held.filter((_, at) => keep[at] === true)
      for (const { contents, memory } of runsOf(kept)) {
        pack ??= openPackWriter(join(start.stagingFolder, packName))
        pack.append(contents, memory)
      }
      slabs.push(batch.slab)
      if (pack === undefined || pack.bytes < start.packBytes) return null
      return finishPack()
    },
    async finish() {
      batches = []
      walking = undefined
      // A thread that rests holds no memory.
      slabs = []
      chunk = undefined
      return finishPack()
    },
  }

  async function finishPack(): Promise<FinishedPack | null> {
    const full = pack
    pack = undefined
    return (await full?.finish()) ?? null
  }
}

interface Run {
  readonly contents: ContentToPack[]
  readonly memory: Uint8Array
}

/** Contents that lie in memory one after the other, together: one look at thousands of them is much less work than thousands of looks. */
function runsOf(held: readonly Held[]): readonly Run[] {
  const runs: { contents: ContentToPack[]; memory: Uint8Array }[] = []
  for (const { content, sha256 } of held) {
    if (content === undefined) continue
    const last = runs.at(-1)
    const isNext =
      last !== undefined &&
      last.memory.buffer === content.buffer &&
      last.memory.byteOffset + last.memory.length === content.byteOffset
    if (isNext) {
      last.contents.push([sha256, content.length])
      last.memory = new Uint8Array(content.buffer, last.memory.byteOffset, last.memory.length + content.length)
    } else runs.push({ contents: [[sha256, content.length]], memory: content })
  }
  return runs
}

interface ReadMemory {
  /** For a small file. */
  place(size: number): Buffer
  /** To copy through. */
  chunk(): Buffer
}

interface ReadScope {
  /** What the file was when it was looked at. */
  readonly seen: Seen
  readonly temp: string
  readonly smallBytes: number
  readonly memory: ReadMemory
}

interface Seen {
  /** Empty where it was not looked at. */
  readonly mark: string
  readonly bytes: number
}

interface SettledFile {
  readonly sha256: string
  readonly bytes: number
  readonly mark: string
  /** When it was last touched; milliseconds. */
  readonly touchedMs: number
  readonly executable: boolean
  /** Absent where the content is in the temporary file. */
  readonly content: Uint8Array | undefined
}

type Settled = SettledFile | Extract<ReadFile, { fault: string }>

/** Reads a file that did not change meanwhile. */
function readSettled(path: string, scope: ReadScope): Settled {
  for (let attempt = 1; ; attempt += 1) {
    let file: number
    try {
      file = openSync(path, 'r')
    } catch (error) {
      return { fault: `it cannot be opened (${codeOf(error)})`, isContent: false }
    }
    try {
      // One that was looked at is compared with that; the look at it told that it is a plain file.
      const isSeen = attempt === 1 && scope.seen.mark !== '' && scope.seen.bytes < scope.smallBytes
      const before = isSeen ? scope.seen : lookAt(file)
      if (before === undefined) return { fault: 'it is not a plain file', isContent: false }
      const read = before.bytes < scope.smallBytes ? readSmall(file, before.bytes, scope) : copyLarge(file, scope)
      const after = fstatSync(file, { bigint: true })
      const mark = markOf(after)
      if (read !== undefined && mark === before.mark && BigInt(read.bytes) === after.size) {
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

/** What an open file is; undefined where it is not a plain one. */
function lookAt(file: number): Seen | undefined {
  const found = fstatSync(file, { bigint: true })
  return found.isFile() ? { mark: markOf(found), bytes: Number(found.size) } : undefined
}

/** Gives undefined where the file is shorter or longer than it was. */
function readSmall(file: number, size: number, scope: ReadScope): ReadContent | undefined {
  // One byte more than expected tells that the file grew.
  const memory = scope.memory.place(size + 1)
  let bytes = 0
  while (bytes < size) {
    const count = readSync(file, memory, bytes, size + 1 - bytes, null)
    if (count === 0) break
    bytes += count
  }
  if (bytes !== size) return undefined
  const content = memory.subarray(0, size)
  return { sha256: hash('sha256', content, 'hex'), bytes, content }
}

/** Hashes a file and copies it in the same look. The blob store puts the copy on disk for good when it adopts it. */
function copyLarge(file: number, { temp, memory }: ReadScope): ReadContent {
  const chunk = memory.chunk()
  const target = openSync(temp, 'wx', 0o600)
  const digest = createHash('sha256')
  let bytes = 0
  try {
    for (;;) {
      const count = readSync(file, chunk, 0, chunk.length, null)
      if (count === 0) break
      const part = chunk.subarray(0, count)
      digest.update(part)
      for (let at = 0; at < count; ) at += writeSync(target, part, at)
      bytes += count
    }
  } finally {
    closeSync(target)
  }
  return { sha256: digest.digest('hex'), bytes, content: undefined }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
