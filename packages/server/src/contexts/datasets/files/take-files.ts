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
  /** States that can be trusted: of files that were not touched shortly before they were read. */
  readonly states: readonly NewState[]
  /** Until then what was read is on its way to the store. Must be waited for, also by who has failed meanwhile. */
  readonly stored: Promise<void>
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
 * What is stored stays at least as long as the sweep lets writers. Throws `disk_full`, as `stored` does; the signal of the context ends it.
 * Leaves no temporary file.
 */
export async function takeFiles(
  ctx: VerbContext,
  wanted: readonly FileToTake[],
  { withImages, report, thread: first }: { withImages: boolean; report?: Report | undefined; thread?: FileThread },
): Promise<TakenFiles> {
  const batches = batchesOf(wanted)
  const files: TakenFile[] = new Array(wanted.length)
  const states: NewState[] = []
  const packing = new Set<string>()
  /** Batches and packs that may have files in the staging folder. */
  const temps = new Set<string>()
  const bytesTotal = wanted.reduce((sum, { bytes }) => sum + bytes, 0)
  let next = 0
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
      const path = batch.files[at]?.file
      if (path === undefined || 'fault' in result || !result.isSettled) continue
      states.push({ path, mark: result.mark, sha256: result.sha256 })
    }
    filesDone += batch.files.length
    bytesDone += batch.bytes
    report?.({
      stage: 'read',
      files_done: filesDone,
      files_total: wanted.length,
      bytes_done: bytesDone,
      bytes_total: bytesTotal,
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
    return packed
  }
  /** Which contents of a batch nobody has: not the store, not another batch of this reading. */
  const neededOf = async (read: readonly ReadFile[]): Promise<boolean[]> => {
    const small = read.flatMap((result) => ('fault' in result || result.isCopied ? [] : [result.sha256]))
    const stored = await keepPacked(ctx, [...new Set(small)])
    return read.map((result) => {
      if ('fault' in result || result.isCopied || stored.has(result.sha256) || packing.has(result.sha256)) return false
      packing.add(result.sha256)
      return true
    })
  }
  const begin = (thread: FileThread) => {
    let before: Promise<FinishedPack | null> = Promise.resolve(null)
    let adopted: Promise<void> = Promise.resolve()
    const adopt = async (pack: FinishedPack | null) => {
      await adopted
      adopted = adoptPack(ctx, pack)
      adopted.catch(() => {})
    }
    const readAll = async () => {
      let last: Promise<unknown> = Promise.resolve()
      for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
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
    return { read, stored: storeAll() }
  }

  // Little work is not worth a second thread, which would also begin a pack of its own.
  const worth = Math.max(1, Math.ceil(wanted.length / filesOfThread), Math.ceil(bytesTotal / bytesOfThread))
  const count = Math.min(batches.length, worth, availableParallelism(), limit('files.threads_max'))
  const threads = Array.from({ length: count }, (_, at) =>
    at === 0 && first !== undefined ? first : openFileThread(fileWorkStart(ctx)),
  )
  const begun = threads.map(begin)
  const over = async () => {
    const ended = await Promise.allSettled(begun.map(({ stored }) => stored))
    await Promise.all(threads.filter((thread) => thread !== first).map((thread) => thread.close()))
    const failed = ended.find((end) => end.status === 'rejected')
    if (failed === undefined) return
    await removeTemps(ctx, temps)
    throw failed.reason
  }
  const stored = over()
  stored.catch(() => {})
  const ended = await Promise.allSettled(begun.map(({ read }) => read))
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

function batchesOf(wanted: readonly FileToTake[]): readonly Batch[] {
  const batches: Batch[] = []
  const smallBytesMax = limit('files.small_bytes')
  let from = 0
  let bytes = 0
  let smallBytes = 0
  for (const [at, file] of wanted.entries()) {
    bytes += file.bytes
    if (file.bytes < smallBytesMax) smallBytes += file.bytes
    const isFull = at + 1 - from >= batchFiles || bytes >= batchBytes || smallBytes >= slabBytes
    if (!isFull && at + 1 < wanted.length) continue
    batches.push({ from, files: wanted.slice(from, at + 1), bytes })
    from = at + 1
    bytes = 0
    smallBytes = 0
  }
  return batches
}

/** The contents that lie in packs which are there; they stay a while. */
export async function keepPacked(ctx: VerbContext, hashes: readonly string[]): Promise<ReadonlySet<string>> {
  const packed = await selectPacked(ctx, hashes)
  const packs = new Set([...packed.values()].map(({ pack }) => pack))
  const there = new Set<string>()
  for (const pack of packs) if (await ctx.blobs.keep(pack)) there.add(pack)
  const lost = [...packs].filter((pack) => !there.has(pack))
  if (lost.length > 0) await forgetLostPacks(ctx, lost)
  return new Set([...packed].filter(([, { pack }]) => there.has(pack)).map(([sha256]) => sha256))
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
