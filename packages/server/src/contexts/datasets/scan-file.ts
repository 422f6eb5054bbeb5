import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** What one pass over the bytes of a text file tells. */
export interface ScannedFile {
  readonly sha256: string
  readonly bytes: number
  /** Lines that are not empty, as `\n` ends them. */
  readonly lineCount: number
  /** The longest line in bytes, and its number from 1. */
  readonly longestLine: { readonly number: number; readonly bytes: number }
  /** True when a quote occurs: a row may then go over several lines. */
  readonly hasQuotes: boolean
}

const newline = 10
const carriageReturn = 13
const quote = 34

/** Hashes a file and measures its lines in one pass, without holding it in memory. */
export async function scanFile(path: string): Promise<ScannedFile> {
  const hash = createHash('sha256')
  let bytes = 0
  let lineCount = 0
  let hasQuotes = false
  let number = 1
  let lineBytes = 0
  let longestLine = { number: 1, bytes: 0 }
  const endLine = () => {
    if (lineBytes > 0) lineCount += 1
    if (lineBytes > longestLine.bytes) longestLine = { number, bytes: lineBytes }
    number += 1
    lineBytes = 0
  }
  for await (const part of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const chunk: Buffer = part
    hash.update(chunk)
    bytes += chunk.length
    hasQuotes ||= chunk.includes(quote)
    let start = 0
    for (;;) {
      const end = chunk.indexOf(newline, start)
      if (end < 0) break
      // A line of `\r\n` alone is empty; the carriage return may be the last byte of the chunk before.
      const length = end - start - (end > start && chunk[end - 1] === carriageReturn ? 1 : 0)
      lineBytes += length
      endLine()
      start = end + 1
    }
    lineBytes += chunk.length - start
  }
  if (lineBytes > 0) endLine()
  return { sha256: hash.digest('hex'), bytes, lineCount, longestLine, hasQuotes }
}
