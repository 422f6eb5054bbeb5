import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FabriqueError } from '@fabrique/contract'
import { assert } from '../../kernel/index.js'
import type { BlobStore, StoredBlob } from './blob-store.js'

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
    assert(/^[0-9a-f]{64}$/.test(sha256), `Not a blob hash: ${sha256}`)
    return join(folder, sha256.slice(0, 2), sha256.slice(2))
  }

  const adopt = async (path: string): Promise<StoredBlob> => {
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

    async adopt(path) {
      return explain(folder, async () => {
        try {
          return await adopt(path)
        } catch (error) {
          await rm(path, { force: true })
          throw error
        }
      })
    },

    async open(sha256, range) {
      const file = await open(pathOf(sha256), 'r').catch((error: unknown) => {
        throw notFound(error, sha256)
      })
      return file.createReadStream(range ? { start: range.start, end: range.end } : {})
    },

    async size(sha256) {
      return stat(pathOf(sha256)).then(
        (found) => found.size,
        () => undefined,
      )
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

/** Removes what killed writers left in the staging folder. Only for a caller that knows that no one writes. */
export async function clearStaging(store: BlobStore): Promise<number> {
  const left = await readdir(store.stagingFolder)
  for (const name of left) await rm(join(store.stagingFolder, name), { recursive: true, force: true })
  return left.length
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
  return isNodeError(error) && error.code === 'ENOENT'
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
