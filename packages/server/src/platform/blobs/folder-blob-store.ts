import { createHash } from 'node:crypto'
import { type BigIntStats, constants, createReadStream, createWriteStream } from 'node:fs'
import { link, lstat, mkdir, open, readdir, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FabriqueError } from '@fabrique/contract'
import { assert } from '../../kernel/index.js'
import type { BlobEntry, BlobStore, StoredBlob } from './blob-store.js'

export interface FolderBlobStoreOptions {
  readonly folder: string
  /** Names the temporary files; must not repeat between processes. */
  readonly uniqueName: () => string
}

/**
 * Blobs as files `ab/cdef…` below a folder. A write goes to a temporary file beside, is synced to disk, then renamed into
 * place, then the folder is synced: a reader sees the whole content or nothing, also after a power cut.
 */
export async function openFolderBlobStore(options: FolderBlobStoreOptions): Promise<BlobStore> {
  const { folder } = options
  const staging = join(folder, 'staging')
  await explain(folder, () => mkdir(staging, { recursive: true, mode: 0o700 }))

  const pathOf = (sha256: string) => {
    assert(isHash(sha256), `Not a blob hash: ${sha256}`)
    return join(folder, sha256.slice(0, 2), sha256.slice(2))
  }

  const adopt = async (path: string, known?: StoredBlob): Promise<StoredBlob> => {
    if (known !== undefined) {
      await moveIntoPlace(path, known.sha256)
      return known
    }
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk)
      bytes += chunk.length
    }
    const sha256 = hash.digest('hex')
    await moveIntoPlace(path, sha256)
    return { sha256, bytes }
  }

  const moveIntoPlace = async (path: string, sha256: string): Promise<void> => {
    const target = pathOf(sha256)
    const parent = join(folder, sha256.slice(0, 2))
    await mkdir(parent, { recursive: true, mode: 0o700 })
    await syncPath(path)
    await rename(path, target)
    await syncPath(parent)
    await syncPath(folder)
  }

  const find = async (sha256: string): Promise<BlobEntry | undefined> => {
    const found = await lstat(pathOf(sha256), { bigint: true }).catch(() => undefined)
    if (found === undefined || !found.isFile()) return undefined
    const writtenAt = new Date(Number(found.mtimeMs > found.ctimeMs ? found.mtimeMs : found.ctimeMs))
    return { sha256, bytes: Number(found.size), writtenAt, revision: revisionOf(found) }
  }

  return {
    stagingFolder: staging,

    async put(content) {
      const path = join(staging, options.uniqueName())
      const hash = createHash('sha256')
      let bytes = 0
      const measure = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk)
          bytes += chunk.length
          done(null, chunk)
        },
      })
      return explain(folder, async () => {
        try {
          const source = content instanceof Uint8Array ? Readable.from([content]) : content
          await pipeline(source, measure, createWriteStream(path, { mode: 0o600, flags: 'wx' }))
          const sha256 = hash.digest('hex')
          await moveIntoPlace(path, sha256)
          return { sha256, bytes }
        } catch (error) {
          await rm(path, { force: true })
          throw error
        }
      })
    },

    async adopt(path, known) {
      return explain(folder, async () => {
        try {
          return await adopt(path, known)
        } catch (error) {
          await rm(path, { force: true })
          throw error
        }
      })
    },

    async keep(sha256) {
      const path = pathOf(sha256)
      const found = await lstat(path).catch(() => undefined)
      if (found === undefined || !found.isFile()) return false
      // Another time is another revision: who is about to remove it sees that, and lets it be. The system notes when that was. Times go
      // to the system as fractions of a second, so that one millisecond more could come out as the same time.
      const at = new Date(Math.floor(found.mtimeMs) + 2)
      return utimes(path, at, at).then(
        () => true,
        (error: unknown) => {
          if (isNodeError(error) && error.code === 'ENOENT') return false
          throw toDiskError(error, folder)
        },
      )
    },

    async open(sha256, range) {
      // Not through a symbolic link: somebody else put it there, and it may lead anywhere.
      const file = await open(pathOf(sha256), constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
        throw notFound(error, sha256)
      })
      return file.createReadStream(range ? { start: range.start, end: range.end } : {})
    },

    async size(sha256) {
      return lstat(pathOf(sha256)).then(
        (found) => (found.isFile() ? found.size : undefined),
        () => undefined,
      )
    },

    async missing(hashes) {
      const byFolder = new Map<string, string[]>()
      for (const sha256 of hashes) {
        assert(isHash(sha256), `Not a blob hash: ${sha256}`)
        const prefix = sha256.slice(0, 2)
        const same = byFolder.get(prefix)
        if (same === undefined) byFolder.set(prefix, [sha256])
        else same.push(sha256)
      }
      const isThere = async (sha256: string) => (await lstat(pathOf(sha256)).catch(() => undefined))?.isFile() === true
      const lost: string[] = []
      // Hashes spread evenly: one folder tells how many names each has.
      const [first] = byFolder.keys()
      const names =
        first === undefined || hashes.length < lookedUpMax ? Infinity : await countNames(join(folder, first))
      if (names * byFolder.size > namesForOneMax * hashes.length) {
        for (const sha256 of hashes) if (!(await isThere(sha256))) lost.push(sha256)
        return lost
      }
      await Promise.all(
        [...byFolder].map(async ([prefix, wanted]) => {
          const there = await blobNames(join(folder, prefix))
          lost.push(...wanted.filter((sha256) => !there.has(sha256.slice(2))))
        }),
      )
      return lost
    },

    async *list() {
      for (const prefix of await readdir(folder)) {
        if (!/^[0-9a-f]{2}$/.test(prefix)) continue
        for (const rest of await readdir(join(folder, prefix))) {
          if (isHash(`${prefix}${rest}`)) yield `${prefix}${rest}`
        }
      }
    },

    find,

    async remove(entry) {
      const path = pathOf(entry.sha256)
      if ((await find(entry.sha256))?.revision !== entry.revision) return false
      // Out of the way, then another look: a writer may have put it again at this very moment.
      const aside = join(staging, `${removedPrefix}${options.uniqueName()}-${entry.sha256}`)
      try {
        await rename(path, aside)
      } catch (error) {
        if (isNodeError(error) && error.code === 'ENOENT') return false
        throw toDiskError(error, folder)
      }
      const isSame = revisionOf(await lstat(aside, { bigint: true })) === entry.revision
      if (!isSame) await putBack(aside, path)
      await rm(aside, { force: true })
      return isSame
    },

    async clearStaging(untouchedSince) {
      let removed = 0
      for (const name of await readdir(staging)) {
        const path = join(staging, name)
        const found = await lstat(path).catch(() => undefined)
        if (found === undefined || touchedAt(found) > untouchedSince.getTime()) continue
        // Killed between taking a blob out of the way and looking at it: it goes back, and may be removed another time.
        const hash = name.slice(-64)
        if (name.startsWith(removedPrefix) && isHash(hash)) await putBack(path, pathOf(hash))
        await rm(path, { recursive: true, force: true })
        removed += 1
      }
      return removed
    },

    async localFile(sha256) {
      // A hard link keeps the content readable even if the blob is collected meanwhile.
      const path = join(staging, options.uniqueName())
      await link(pathOf(sha256), path).catch((error: unknown) => {
        throw notFound(error, sha256)
      })
      return { path, release: () => rm(path, { force: true }) }
    },
  }
}

/** So few blobs are looked up one by one; of more, the folders are listed where that is less work. */
const lookedUpMax = 256
/** Names that are read as quickly as one is looked up. */
const namesForOneMax = 16

/** How many names a folder has, roughly, by its own size. */
async function countNames(folder: string): Promise<number> {
  const bytesOfName = 80
  return ((await lstat(folder).catch(() => undefined))?.size ?? 0) / bytesOfName
}

/** Names of the blobs in a folder; none where it is not there. */
async function blobNames(folder: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isNodeError(error) && error.code === 'ENOENT') return []
    throw error
  })
  return new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name))
}

const isHash = (name: string) => /^[0-9a-f]{64}$/.test(name)

/** Stands before the name of a blob that is about to be removed. */
const removedPrefix = 'removed-'

/** Each put makes a new file, whose number and times differ; taking a file aside changes neither. */
function revisionOf({ ino, mtimeNs, size }: BigIntStats): string {
  return `${ino}-${mtimeNs}-${size}`
}

/** When a file was last written, linked or renamed. */
function touchedAt({ mtimeMs, ctimeMs }: { readonly mtimeMs: number; readonly ctimeMs: number }): number {
  return Math.max(mtimeMs, ctimeMs)
}

/** Gives a blob its name again, unless a writer put the same content there meanwhile. */
async function putBack(aside: string, path: string): Promise<void> {
  await link(aside, path).catch((error: unknown) => {
    if (!isNodeError(error) || error.code !== 'EEXIST') throw error
  })
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function notFound(error: unknown, sha256: string): unknown {
  return isNodeError(error) && (error.code === 'ENOENT' || error.code === 'ELOOP')
    ? new FabriqueError('blob_not_found', { hash: sha256 }, { cause: error })
    : error
}

function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error
}

/** Runs a write and turns a full disk or a missing right into an error of the catalogue. */
async function explain<Result>(folder: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action()
  } catch (error) {
    throw toDiskError(error, folder)
  }
}

/** Turns a full disk or a missing right into an error of the catalogue; others stay as they are. */
export function toDiskError(error: unknown, folder: string): unknown {
  if (!isNodeError(error)) return error
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    return new FabriqueError('disk_full', { folder }, { cause: error })
  if (error.code === 'EACCES' || error.code === 'EROFS' || error.code === 'EPERM') {
    return new FabriqueError('data_folder_not_writable', { folder, reason: error.code }, { cause: error })
  }
  return error
}
