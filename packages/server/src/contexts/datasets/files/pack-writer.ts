import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'

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

export interface PackWriter {
  readonly bytes: number
  append(sha256: string, content: Uint8Array): void
  finish(): FinishedPack
}

/** Writes a pack to a new file. Works without a pause: for threads of its own. */
export function openPackWriter(path: string): PackWriter {
  const file = openSync(path, 'wx', 0o600)
  const hash: Hash = createHash('sha256')
  const entries: PackedEntry[] = []
  let bytes = 0
  const write = (content: Uint8Array) => {
    for (let at = 0; at < content.length; ) at += writeSync(file, content, at)
    hash.update(content)
    bytes += content.length
  }
  return {
    get bytes() {
      return bytes
    },
    append(sha256, content) {
      entries.push([sha256, bytes, content.length])
      write(content)
    },
    finish() {
      const index = Buffer.from(JSON.stringify(entries))
      const length = Buffer.alloc(8)
      length.writeBigUInt64BE(BigInt(index.length))
      write(index)
      write(length)
      write(packMagic)
      closeSync(file)
      return { path, sha256: hash.digest('hex'), bytes, entries }
    },
  }
}
