import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { comparePaths } from '../datasets/index.js'
import type { DvcEntry, DvcHashRule } from './dvc-model.js'

/** DVC reads so much at once, and looks at each such piece alone to tell texts from other files. */
const pieceBytes = 1024 * 1024
const lookedAt = 512

export interface FileHashes {
  readonly md5: string
  readonly sha256: string
  readonly bytes: number
  /** The hashes of older versions of DVC: of texts with LF; two, since versions differ in files beyond 1 MiB. */
  readonly older: readonly string[]
}

/** Reads a file once for all hashes that it may be known by. */
export async function hashFile(path: string, rule: DvcHashRule, signal?: AbortSignal): Promise<FileHashes> {
  const file = await open(path, 'r')
  try {
    const md5 = createHash('md5')
    const sha256 = createHash('sha256')
    const byPiece = createHash('md5')
    const byStart = createHash('md5')
    const buffer = Buffer.allocUnsafe(pieceBytes)
    let startIsText: boolean | undefined
    let bytes = 0
    for (;;) {
      signal?.throwIfAborted()
      const piece = buffer.subarray(0, await fill(file, buffer))
      if (piece.length === 0) break
      bytes += piece.length
      md5.update(piece)
      sha256.update(piece)
      if (rule === 'md5') continue
      const isText = isTextBlock(piece.subarray(0, lookedAt))
      startIsText ??= isText
      byPiece.update(isText ? withoutCr(piece) : piece)
      byStart.update(startIsText ? withoutCr(piece) : piece)
    }
    const older = rule === 'md5' ? [] : [byPiece.digest('hex'), byStart.digest('hex')]
    return { md5: md5.digest('hex'), sha256: sha256.digest('hex'), bytes, older }
  } finally {
    await file.close()
  }
}

async function fill(file: FileHandle, buffer: Buffer): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, null)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

/** Printable ASCII and line feed, carriage return, tab, form feed, backspace. */
const isTextByte = (byte: number) => (byte >= 32 && byte < 127) || [8, 9, 10, 12, 13].includes(byte)

/** DVC takes a block for text without a NUL and with at most 30 % of other bytes. */
export function isTextBlock(block: Uint8Array): boolean {
  let others = 0
  for (const byte of block) {
    if (byte === 0) return false
    if (!isTextByte(byte)) others += 1
  }
  return others / Math.max(1, block.length) <= 0.3
}

/** CRLF as LF; a lone CR stays. */
function withoutCr(piece: Uint8Array): Uint8Array {
  const result = Buffer.allocUnsafe(piece.length)
  let length = 0
  for (let at = 0; at < piece.length; at += 1) {
    if (piece[at] === 13 && piece[at + 1] === 10) continue
    result[length] = piece[at] ?? 0
    length += 1
  }
  return result.subarray(0, length)
}

/**
 * The list of a folder byte for byte as DVC writes it: sorted by path, in the spacing of Python's JSON, ASCII only. Its MD5 is the hash
 * of the folder.
 */
export function folderObject(entries: readonly DvcEntry[]): { readonly text: string; readonly md5: string } {
  const sorted = [...entries].sort((left, right) => comparePaths(left.relpath, right.relpath))
  const items = sorted.map(({ md5, relpath }) => `{"md5": ${asciiJson(md5)}, "relpath": ${asciiJson(relpath)}}`)
  const text = `[${items.join(', ')}]`
  return { text, md5: createHash('md5').update(text).digest('hex') }
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
