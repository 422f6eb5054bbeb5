import { readdir, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { JobProgress } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import type { VerbContext } from '../../../platform/index.js'
import { type FileThread, openFileThread } from './file-threads.js'
import { type FileWorkStart, type ReadFile, type ReadFiles, slabBytes } from './file-work.js'
import { allOver, forEachAtOnce } from './for-each-at-once.js'
import { forgetLostPacks } from './forget-lost-packs.js'
import type { ImageFacts } from './model.js'
import type { FinishedPack } from './pack-writer.js'
import { insertPack, type NewState, selectPacked } from './store.js'

/** A file to take. */
export interface FileToTake {
  /** Full path on this machine. */
  readonly file: string
  /** As it was found; 0 where it is not known. */
  readonly bytes: number
  /** What tells that it did not change since; absent where it is not known. */
  readonly mark?: string | undefined
  readonly executable?: boolean | undefined
}

/** What it turned out to be. */
export type TakenFile =
  | { readonly sha256: string; readonly bytes: number; readonly executable: boolean; readonly image?: ImageFacts }
  | { readonly fault: string; readonly isContent: boolean }

export interface TakenFiles {
  /** In the order of the request. */
  readonly files: readonly TakenFile[]
  /** States that can be trusted, of files that came with a mark: those that were not touched shortly before they were read. */
  readonly states: readonly NewState[]
  /** Until then what was read is on its way to the store. Must be waited for, also by who has failed meanwhile. */
  readonly stored: Promise<Holding>
}

/** Blobs that hold some contents. */
export interface Holding {
  /** Contents that are blobs of their own. */
  readonly blobs: ReadonlySet<string>
  readonly packs: ReadonlySet<string>
}

/** Files of one message, and their bytes. */
const batchFiles = 1024
const batchBytes = 8 * 1024 * 1024
/** Work that is worth a thread. */
const filesOfThread = 2_000
const bytesOfThread = 16 * 1024 * 1024
/** A file system may give two changes the same time when they are closer than this. */
const settledMs = 2_000

export function fileWorkStart(ctx: VerbContext): FileWorkStart {
  return {
    stagingFolder: ctx.blobs.stagingFolder,
    smallBytes: limit('files.small_bytes'),
    packBytes: limit('files.pack_bytes'),
    imagePixelsMax: limit('files.image_pixels_max'),
  }
}

/** Progress of the reading. */
export type Report = (progress: JobProgress) => void

/**
 * Reads files in threads and stores each content once: small ones in packs, others as blobs of their own. Comes back when all is read.
 * Files that are still being found, by the thread that is open already, come in pieces and are read meanwhile by others.
 * What is stored stays at least as long as the sweep lets writers. Throws `disk_full`, as `stored` does; the signal of the context ends it.
 * Leaves no temporary file.
 */
export async function takeFiles(
  ctx: VerbContext,
  wanted: readonly FileToTake[] | AsyncIterable<readonly FileToTake[]>,
  { withImages, report, thread: first }: { withImages: boolean; report?: Report | undefined; thread?: FileThread },
): Promise<TakenFiles> {
  const queue = batchQueue()
  const files: TakenFile[] = []
  const states: NewState[] = []
  const packing = new Set<string>()
  const holding = { blobs: new Set<string>(), packs: new Set<string>() }
  /** Batches and packs that may have files in the staging folder. */
  const temps = new Set<string>()
  let filesDone = 0
  let bytesDone = 0

  /** Lets a thread read a batch; it goes on with the next one while this one is stored. */
  const readBatch = (thread: FileThread, batch: Batch): Reading => {
    const tempName = `files-${ctx.ids.hex32()}`
    const packName = `files-${ctx.ids.hex32()}`
    temps.add(tempName).add(packName)
    const results = thread.read({
      files: batch.files.map(({ file }) => file),
      marks: batch.files.map(({ mark = '' }) => mark),
      sizes: batch.files.map(({ bytes }) => bytes),
      tempName,
      withImages,
      settledBeforeMs: ctx.clock.now().getTime() - settledMs,
    })
    return { batch, tempName, packName, read: results.then((read) => noteBatch(batch, read)) }
  }
  /** Notes what the files of a batch are. */
  const noteBatch = (batch: Batch, { hashes, others }: ReadFiles): readonly ReadFile[] => {
    const read = batch.files.map(
      ({ bytes, mark = '', executable = false }, at): ReadFile =>
        others.get(at) ?? { sha256: hashes[at] ?? '', bytes, mark, executable, isSettled: true, isCopied: false },
    )
    for (const [at, result] of read.entries()) {
      files[batch.from + at] = result
      const file = batch.files[at]
      if (file?.mark === undefined || 'fault' in result || !result.isSettled) continue
      states.push({ path: file.file, mark: result.mark, sha256: result.sha256 })
    }
    filesDone += batch.files.length
    bytesDone += batch.bytes
    report?.({
      stage: 'read',
      files_done: filesDone,
      bytes_done: bytesDone,
      ...(queue.hasEnded() ? { files_total: queue.files(), bytes_total: queue.bytes() } : {}),
    })
    return read
  }
  /** Stores what was read; gives a pack that became full. */
  const storeBatch = async (thread: FileThread, { tempName, packName, ...reading }: Reading) => {
    const read = await reading.read
    const pack = thread.keep({ keep: await neededOf(read), packName })
    const copies = read.flatMap((result, at) =>
      'fault' in result || !result.isCopied ? [] : [{ ...result, tempName: `${tempName}-${at}` }],
    )
    const [packed] = await allOver([
      pack,
      forEachAtOnce(copies, limit('files.lookups_at_once'), (copy) => storeCopy(ctx, copy)),
    ])
    temps.delete(tempName)
    for (const { sha256 } of copies) holding.blobs.add(sha256)
    return packed
  }
  /** Which contents of a batch nobody has: not the store, not another batch of this reading. */
  const neededOf = async (read: readonly ReadFile[]): Promise<boolean[]> => {
    const small = read.flatMap((result) => ('fault' in result || result.isCopied ? [] : [result.sha256]))
    const stored = await keepPacked(ctx, [...new Set(small)])
    return read.map((result) => {
      if ('fault' in result || result.isCopied) return false
      const pack = stored.get(result.sha256)
      if (pack !== undefined) holding.packs.add(pack)
      else if (!packing.has(result.sha256)) {
        packing.add(result.sha256)
        return true
      }
      return false
    })
  }
  const begin = (thread: FileThread) => {
    let before: Promise<FinishedPack | null> = Promise.resolve(null)
    let adopted: Promise<void> = Promise.resolve()
    const adopt = async (pack: FinishedPack | null) => {
      await adopted
      if (pack !== null) holding.packs.add(pack.sha256)
      adopted = adoptPack(ctx, pack)
      adopted.catch(() => {})
    }
    const readAll = async () => {
      let last: Promise<unknown> = Promise.resolve()
      for (let batch = await queue.next(); batch !== undefined; batch = await queue.next()) {
        ctx.signal?.throwIfAborted()
        const reading = readBatch(thread, batch)
        last = reading.read
        last.catch(() => {})
        await adopt(await before)
        before = storeBatch(thread, reading)
        before.catch(() => {})
      }
      await last
    }
    const read = readAll()
    read.catch(() => {})
    const storeAll = async () => {
      try {
        await read
        await adopt(await before)
        await adopt(await thread.finish())
      } finally {
        // What has begun is over before anyone clears up.
        await Promise.allSettled([before, adopted])
      }
      await adopted
    }
    const stored = storeAll()
    stored.catch(() => {})
    return { read, stored }
  }

  const begun: ReturnType<typeof begin>[] = []
  const others: FileThread[] = []
  const openOther = (): FileThread => {
    const thread = openFileThread(fileWorkStart(ctx))
    others.push(thread)
    return thread
  }
  /** Little work is not worth a second thread, which would also begin a pack of its own. */
  const threadsWorth = () => {
    const worth = Math.max(1, Math.ceil(queue.files() / filesOfThread), Math.ceil(queue.bytes() / bytesOfThread))
    return Math.min(queue.batches(), worth, availableParallelism(), limit('files.threads_max'))
  }
  const findAll = async () => {
    try {
      if (Symbol.iterator in wanted) for (const file of wanted) queue.add(file)
      else {
        for await (const piece of wanted) {
          ctx.signal?.throwIfAborted()
          for (const file of piece) queue.add(file)
          while (begun.length + 1 < threadsWorth()) begun.push(begin(openOther()))
        }
      }
    } catch (error) {
      queue.drop()
      throw error
    } finally {
      queue.end()
    }
    if (queue.batches() > 0) begun.push(begin(first ?? openOther()))
    while (begun.length < threadsWorth()) begun.push(begin(openOther()))
  }
  const finding = await Promise.allSettled([findAll()])
  const over = async () => {
    const ended = [...finding, ...(await Promise.allSettled(begun.map(({ stored }) => stored)))]
    await Promise.all(others.map((thread) => thread.close()))
    const failed = ended.find((end) => end.status === 'rejected')
    if (failed === undefined) return holding
    await removeTemps(ctx, temps)
    throw failed.reason
  }
  const stored = over()
  stored.catch(() => {})
  const ended = [...finding, ...(await Promise.allSettled(begun.map(({ read }) => read)))]
  if (ended.some(({ status }) => status === 'rejected')) await stored
  return { files, states, stored }
}

async function removeTemps(ctx: VerbContext, temps: ReadonlySet<string>): Promise<void> {
  const names = await readdir(ctx.blobs.stagingFolder)
  // The file of a pack has its name, those of a batch its name and a number.
  const left = names.filter((name) => temps.has(name) || temps.has(name.replace(/-\d+$/, '')))
  for (const name of left) await rm(join(ctx.blobs.stagingFolder, name), { force: true })
}

/** A batch that a thread reads. */
interface Reading {
  readonly batch: Batch
  readonly tempName: string
  readonly packName: string
  readonly read: Promise<readonly ReadFile[]>
}

interface Batch {
  readonly from: number
  readonly files: readonly FileToTake[]
  readonly bytes: number
}

/** Files that wait to be read, in batches. */
interface BatchQueue {
  add(file: FileToTake): void
  /** There are no more. */
  end(): void
  /** Those that nobody has taken are not wanted any more. */
  drop(): void
  hasEnded(): boolean
  /** The next batch, once there is one; undefined at the end. */
  next(): Promise<Batch | undefined>
  /** How many were added so far, and how much they have. */
  files(): number
  bytes(): number
  /** How many batches they made so far. */
  batches(): number
}

function batchQueue(): BatchQueue {
  const smallBytesMax = limit('files.small_bytes')
  const ready: Batch[] = []
  const waiting: ((batch: Batch | undefined) => void)[] = []
  let hasEnded = false
  let files: FileToTake[] = []
  let from = 0
  let bytes = 0
  let bytesBefore = 0
  let smallBytes = 0
  let batches = 0
  const put = () => {
    const batch = { from, files, bytes }
    batches += 1
    from += files.length
    bytesBefore += bytes
    files = []
    bytes = 0
    smallBytes = 0
    const give = waiting.shift()
    if (give === undefined) ready.push(batch)
    else give(batch)
  }
  return {
    add(file) {
      files.push(file)
      bytes += file.bytes
      if (file.bytes < smallBytesMax) smallBytes += file.bytes
      if (files.length >= batchFiles || bytes >= batchBytes || smallBytes >= slabBytes) put()
    },
    end() {
      if (files.length > 0) put()
      hasEnded = true
      for (const give of waiting.splice(0)) give(undefined)
    },
    drop() {
      ready.length = 0
      files = []
    },
    hasEnded: () => hasEnded,
    async next() {
      const batch = ready.shift()
      if (batch !== undefined || hasEnded) return batch
      return new Promise((resolve) => waiting.push(resolve))
    },
    files: () => from + files.length,
    bytes: () => bytesBefore + bytes,
    batches: () => batches,
  }
}

/** The packs of those contents that lie in some which are there; they stay a while. */
export async function keepPacked(ctx: VerbContext, hashes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const packed = await selectPacked(ctx, hashes)
  const packs = new Set([...packed.values()].map(({ pack }) => pack))
  const there = new Set<string>()
  for (const pack of packs) if (await ctx.blobs.keep(pack)) there.add(pack)
  const lost = [...packs].filter((pack) => !there.has(pack))
  if (lost.length > 0) await forgetLostPacks(ctx, lost)
  return new Map([...packed].flatMap(([sha256, { pack }]) => (there.has(pack) ? [[sha256, pack]] : [])))
}

/** Moves the copy of a large file into the store, unless the same content is there. */
async function storeCopy(
  ctx: VerbContext,
  { tempName, sha256, bytes }: { readonly tempName: string; readonly sha256: string; readonly bytes: number },
): Promise<void> {
  const path = join(ctx.blobs.stagingFolder, tempName)
  if (await ctx.blobs.keep(sha256)) await rm(path, { force: true })
  else await ctx.blobs.adopt(path, { sha256, bytes })
}

/** Moves a pack into the store, then writes its index. */
export async function adoptPack(ctx: VerbContext, pack: FinishedPack | null): Promise<void> {
  if (pack === null) return
  await ctx.blobs.adopt(pack.path, { sha256: pack.sha256, bytes: pack.bytes })
  await insertPack(ctx, pack.sha256, pack.entries)
}
