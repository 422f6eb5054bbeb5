import { createHash, type Hash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Sha256 } from '@fabrique/contract'
import { z } from 'zod'

/**
 * A pack is one blob with the contents of many small files, one after the other; then their index as JSON, the length of the index in 8
 * bytes (big endian), and 8 letters. So a pack tells by itself what is in it.
 */
const magic = Buffer.from('FABPACK1')
const trailerBytes = 16

/** Where a content stands in a pack: hash, first byte, length. */
export type PackedEntry = readonly [sha256: string, start: number, bytes: number]

const PackIndex = z.array(z.tuple([Sha256, z.number().int().min(0), z.number().int().min(0)]))

export interface FinishedPack {
  /** File in the staging folder, on disk for good. */
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
      write(magic)
      fsyncSync(file)
      closeSync(file)
      return { path, sha256: hash.digest('hex'), bytes, entries }
    },
  }
}

/** Reads the index of a pack and checks that every content in it has the hash that the index says; undefined where not. */
export async function readCheckedPack(path: string): Promise<readonly PackedEntry[] | undefined> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const entries = await readIndex(file, size)
    if (entries === undefined) return undefined
    for (const [sha256, start, bytes] of entries) {
      const content = await readAt(file, start, bytes)
      if (createHash('sha256').update(content).digest('hex') !== sha256) return undefined
    }
    return entries
  } finally {
    await file.close()
  }
}

async function readIndex(file: FileHandle, size: number): Promise<readonly PackedEntry[] | undefined> {
  if (size < trailerBytes) return undefined
  const trailer = await readAt(file, size - trailerBytes, trailerBytes)
  if (!trailer.subarray(8).equals(magic)) return undefined
  const length = trailer.readBigUInt64BE(0)
  const contents = BigInt(size - trailerBytes) - length
  if (contents < 0n || length > 1024n * 1024n * 1024n) return undefined
  const text = await readAt(file, Number(contents), Number(length))
  const parsed = PackIndex.safeParse(parseJson(text.toString()))
  const isInside = (entry: PackedEntry) => entry[1] + entry[2] <= Number(contents)
  return parsed.success && parsed.data.every(isInside) ? parsed.data : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readAt(file: FileHandle, start: number, bytes: number): Promise<Buffer> {
  const content = Buffer.alloc(bytes)
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await file.read(content, done, bytes - done, start + done)
    if (bytesRead === 0) return Buffer.alloc(0)
    done += bytesRead
  }
  return content
}
