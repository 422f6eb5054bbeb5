import { isAscii, isUtf8 } from 'node:buffer'
import { readPieces } from './read-pieces.js'

/** What one pass over the bytes of a text file tells. Lines end with `\n`. */
export interface ScannedFile {
  readonly bytes: number
  /** Lines that are not empty. */
  readonly lineCount: number
  /** Empty lines, the end of the file after its last `\n` not among them. */
  readonly emptyLineCount: number
  /**
   * Rows as RFC 4180 has them: a line whose quotes are not even in number goes on in the next. Empty lines are rows only within
   * quotes.
   */
  readonly recordCount: number
  /** The longest line in bytes, and its number from 1. */
  readonly longestLine: { readonly number: number; readonly bytes: number }
  /** True when a quote occurs: a row may then go over several lines. */
  readonly hasQuotes: boolean
  /** True where the last row ends within quotes. */
  readonly endsInQuotes: boolean
  /** Lines with bytes that are not UTF-8, or with a zero byte. */
  readonly brokenLineCount: number
  /** Whether zero bytes occur. */
  readonly hasZeros: boolean
  /** Whether letters beyond ASCII occur that are UTF-8. */
  readonly hasUtf8Letters: boolean
}

const newline = 10
const carriageReturn = 13

export interface ScanOptions {
  /** The byte that encloses values; 34 unless told. */
  readonly quote?: number
  readonly signal?: AbortSignal | undefined
}

/** A line longer than this is looked at in pieces. */
const heldBytesMax = 8 * 1024 * 1024

interface Letters {
  broken: number
  hasZeros: boolean
  hasUtf8Letters: boolean
}

function lookAtLetters(lines: Buffer, found: Letters): void {
  const hasZeros = lines.includes(0)
  found.hasZeros ||= hasZeros
  if (!hasZeros && isAscii(lines)) return
  if (!hasZeros && isUtf8(lines)) {
    found.hasUtf8Letters = true
    return
  }
  for (let start = 0; start < lines.length; ) {
    const at = lines.indexOf(newline, start)
    const end = at < 0 ? lines.length : at
    const line = lines.subarray(start, end)
    if (!isUtf8(line) || line.includes(0)) found.broken += 1
    else if (!isAscii(line)) found.hasUtf8Letters = true
    start = end + 1
  }
}

/** Measures the lines of a file in one pass, without holding it in memory. */
export async function scanFile(path: string, { quote = 34, signal }: ScanOptions = {}): Promise<ScannedFile> {
  let bytes = 0
  let lineCount = 0
  let emptyLineCount = 0
  let recordCount = 0
  let hasQuotes = false
  let isOpen = false
  let number = 1
  let lineBytes = 0
  let lineQuotes = 0
  let longestLine = { number: 1, bytes: 0 }
  const letters: Letters = { broken: 0, hasZeros: false, hasUtf8Letters: false }
  let rest: Buffer = Buffer.alloc(0)
  const endLine = () => {
    const wasOpen = isOpen
    if (lineQuotes % 2 === 1) isOpen = !isOpen
    if (lineBytes > 0) lineCount += 1
    else emptyLineCount += 1
    if (!isOpen && (lineBytes > 0 || wasOpen)) recordCount += 1
    if (lineBytes > longestLine.bytes) longestLine = { number, bytes: lineBytes }
    number += 1
    lineBytes = 0
    lineQuotes = 0
  }
  const countQuotes = (chunk: Buffer, start: number, end: number) => {
    for (let at = chunk.indexOf(quote, start); at >= 0 && at < end; at = chunk.indexOf(quote, at + 1)) lineQuotes += 1
  }
  for await (const chunk of readPieces(path)) {
    signal?.throwIfAborted()
    bytes += chunk.length
    const quoted = chunk.includes(quote)
    hasQuotes ||= quoted
    let start = 0
    for (;;) {
      const end = chunk.indexOf(newline, start)
      if (end < 0) break
      // A line of `\r\n` alone is empty; the carriage return may be the last byte of the chunk before.
      lineBytes += end - start - (end > start && chunk[end - 1] === carriageReturn ? 1 : 0)
      if (quoted) countQuotes(chunk, start, end)
      endLine()
      start = end + 1
    }
    lineBytes += chunk.length - start
    if (quoted) countQuotes(chunk, start, chunk.length)
    // Letters of several bytes may go over the border of two chunks: whole lines are looked at.
    const first = chunk.indexOf(newline)
    rest = Buffer.concat([rest, first < 0 ? chunk : chunk.subarray(0, first + 1)])
    if (first < 0 && rest.length < heldBytesMax) continue
    lookAtLetters(rest, letters)
    const last = chunk.lastIndexOf(newline)
    if (first < last) lookAtLetters(chunk.subarray(first + 1, last + 1), letters)
    rest = last < 0 ? Buffer.alloc(0) : Buffer.from(chunk.subarray(last + 1))
  }
  lookAtLetters(rest, letters)
  if (lineBytes > 0 || lineQuotes > 0) endLine()
  const endsInQuotes = isOpen
  if (endsInQuotes) recordCount += 1
  return {
    bytes,
    lineCount,
    emptyLineCount,
    recordCount,
    longestLine,
    hasQuotes,
    endsInQuotes,
    brokenLineCount: letters.broken,
    hasZeros: letters.hasZeros,
    hasUtf8Letters: letters.hasUtf8Letters,
  }
}
