import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { Sha256 } from '@fabrique/contract'
import { z } from 'zod'
import { type PackedEntry, packMagic } from './pack-writer.js'

const trailerBytes = 16

const PackIndex = z.array(z.tuple([Sha256, z.number().int().min(0), z.number().int().min(0)]))

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
  if (!trailer.subarray(8).equals(packMagic)) return undefined
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
