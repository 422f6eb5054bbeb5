import { createHash, type Hash } from 'node:crypto'
import { closeSync, fdatasync, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'

/**
 * A pack is one blob with the contents of many small files, one after the other; then their index as JSON, the length of the index in 8
 * bytes (big endian), and 8 letters. So a pack tells by itself what is in it.
 */
export const packMagic = Buffer.from('FABPACK1')

/** Where a content stands in a pack: hash, first byte, length. */
export type PackedEntry = readonly [sha256: string, start: number, bytes: number]

export interface FinishedPack {
  /** File in the staging folder. The blob store puts it on disk for good when it adopts it. */
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  readonly entries: readonly PackedEntry[]
}

/** A content: its hash and its length. */
export type ContentToPack = readonly [sha256: string, bytes: number]

export interface PackWriter {
  readonly bytes: number
  /** Takes contents that lie in memory one after the other; the memory is free once this returns. */
  append(contents: readonly ContentToPack[], memory: Uint8Array): void
  finish(): Promise<FinishedPack>
}

/**
 * What is written goes to the disk in steps of so much while more is read: a disk that begins at the end is waited for, and so is whoever
 * commits to it meanwhile.
 */
const syncEveryBytes = 8 * 1024 * 1024

const syncContent = promisify(fdatasync)

/** Writes a pack to a new file. Writes without a pause: for threads of its own. */
export function openPackWriter(path: string): PackWriter {
  const file = openSync(path, 'wx', 0o600)
  const hash: Hash = createHash('sha256')
  const entries: PackedEntry[] = []
  let bytes = 0
  let syncedBytes = 0
  let syncing: Promise<void> | undefined
  let failure: unknown
  const write = (content: Uint8Array) => {
    for (let at = 0; at < content.length; ) at += writeSync(file, content, at)
    hash.update(content)
    bytes += content.length
  }
  const beginSync = () => {
    if (syncing !== undefined || bytes - syncedBytes < syncEveryBytes) return
    syncedBytes = bytes
    syncing = syncContent(file)
      .catch((error: unknown) => {
        // The system tells it once: who syncs the file later would not hear of it.
        failure ??= error
      })
      .finally(() => {
        syncing = undefined
      })
  }
  return {
    get bytes() {
      return bytes
    },
    append(contents, memory) {
      let start = bytes
      for (const [sha256, length] of contents) {
        entries.push([sha256, start, length])
        start += length
      }
      write(memory)
      beginSync()
    },
    async finish() {
      try {
        const index = Buffer.from(JSON.stringify(entries))
        const length = Buffer.alloc(8)
        length.writeBigUInt64BE(BigInt(index.length))
        write(Buffer.concat([index, length, packMagic]))
      } finally {
        await syncing
        closeSync(file)
      }
      if (failure !== undefined) throw failure
      return { path, sha256: hash.digest('hex'), bytes, entries }
    },
  }
}
