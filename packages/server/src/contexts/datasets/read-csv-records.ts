import { isAscii, isUtf8 } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'
import type { QuarantineReason } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { storedNote } from './ingest-notes.js'

/** Rows of a text file, parted into those that have the right number of values and those that do not. */
export interface SplitFile {
  /** Rows after the header, rejected ones included. */
  readonly recordCount: number
  readonly rejectedCount: number
}

export interface SplitOptions {
  /** Plain UTF-8 text with `\n` at the end of lines. */
  readonly path: string
  /**
   * Gets the sound rows: number of the line, the values as they stood, the whole row as one value. Values that hold a quote are
   * enclosed, so that any reader agrees on them.
   */
  readonly target: string
  /** Gets an object on each line for every row that is not sound: `line`, `reason`, `detail`, `row`. */
  readonly rejects: string
  readonly delimiter: string
  readonly quote: string
  readonly hasHeader: boolean
  /** Values that a row must have. */
  readonly fieldCount: number
  readonly signal?: AbortSignal | undefined
  readonly report?: (bytes: number) => void
}

const newline = 10
const carriageReturn = 13
/** Bytes held at once; a row may take `data.line_bytes_max` of them. */
const windowBytes = 8 * 1024 * 1024
const outBytes = 4 * 1024 * 1024

/** Part of a file that slides forward. */
export class SlidingWindow {
  readonly #handle: FileHandle
  readonly buffer = Buffer.allocUnsafe(windowBytes)
  position = 0
  end = 0
  /** Bytes of the file before the window. */
  offset = 0
  isLast = false

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** Brings at least so many bytes behind the position, where the file has them. True when the window moved. */
  async fill(bytes: number): Promise<boolean> {
    if (this.isLast || this.end - this.position >= bytes) return false
    this.buffer.copyWithin(0, this.position, this.end)
    this.offset += this.position
    this.end -= this.position
    this.position = 0
    while (this.end < this.buffer.length) {
      const { bytesRead } = await this.#handle.read(this.buffer, this.end, this.buffer.length - this.end)
      if (bytesRead === 0) {
        this.isLast = true
        break
      }
      this.end += bytesRead
    }
    return true
  }

  /** The next such byte within the window, or its end. */
  next(byte: number, from: number): number {
    const at = this.buffer.indexOf(byte, from)
    return at < 0 || at > this.end ? this.end : at
  }
}

/** Collects small pieces and writes them in large ones. */
export class PieceWriter {
  readonly #handle: FileHandle
  readonly #buffer = Buffer.allocUnsafe(outBytes)
  #length = 0
  #waiting: Buffer[] = []

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  text(value: string): void {
    if (value.length * 3 > outBytes) this.bytes(Buffer.from(value))
    else {
      if (this.#length + value.length * 3 > outBytes) this.#turn()
      this.#length += this.#buffer.write(value, this.#length, 'utf8')
    }
  }

  bytes(source: Buffer, start = 0, end = source.length): void {
    const length = end - start
    if (this.#length + length > outBytes) this.#turn()
    if (length > outBytes) this.#waiting.push(Buffer.from(source.subarray(start, end)))
    else this.#length += source.copy(this.#buffer, this.#length, start, end)
  }

  #turn(): void {
    if (this.#length > 0) this.#waiting.push(Buffer.from(this.#buffer.subarray(0, this.#length)))
    this.#length = 0
  }

  /** True when it is time to flush. */
  get isFull(): boolean {
    return this.#waiting.length > 0
  }

  async flush(): Promise<void> {
    this.#turn()
    const waiting = this.#waiting
    this.#waiting = []
    for (const piece of waiting) await this.#handle.writeFile(piece)
  }
}

type Fault = { readonly reason: QuarantineReason; readonly detail: string }

/** A row with quotes: where it ends, or what is wrong with it. */
type QuotedRecord =
  | { readonly fault: Fault; readonly end?: undefined; readonly values?: undefined }
  | {
      readonly fault?: undefined
      readonly end: number
      readonly values: readonly (readonly [start: number, end: number])[]
    }

function parseQuoted(
  { buffer, end: last }: SlidingWindow,
  start: number,
  { delimiter, quote, bytesMax }: { readonly delimiter: number; readonly quote: number; readonly bytesMax: number },
): QuotedRecord {
  const stop = Math.min(last, start + bytesMax)
  const values: [number, number][] = []
  let at = start
  let spans = false
  const broken = (detail: string): QuotedRecord => ({
    fault: spans
      ? { reason: 'unclosed_quote', detail: storedNote('quote_not_closed', {}) }
      : { reason: 'not_parsed', detail },
  })
  for (;;) {
    const from = at
    if (buffer[at] === quote && at < last) {
      at += 1
      for (;;) {
        const close = buffer.indexOf(quote, at)
        if (close < 0 || close >= stop) {
          return { fault: { reason: 'unclosed_quote', detail: storedNote('quote_not_closed', {}) } }
        }
        if (!spans) {
          const line = buffer.indexOf(newline, at)
          spans = line >= 0 && line < close
        }
        at = close + 1
        if (at < last && buffer[at] === quote) at += 1
        else break
      }
      values.push([from, at])
      if (at < last && buffer[at] === carriageReturn && (at + 1 === last || buffer[at + 1] === newline)) at += 1
      // The window reaches beyond what a row may take: its end is that of the file.
      if (at >= last) return { end: last, values }
      if (buffer[at] === newline) return { end: at, values }
      if (buffer[at] !== delimiter) return broken(storedNote('text_after_quote', {}))
      at += 1
    } else {
      while (at < last && buffer[at] !== delimiter && buffer[at] !== newline) at += 1
      const isEnd = at >= last || buffer[at] === newline
      values.push([from, isEnd && at > from && buffer[at - 1] === carriageReturn ? at - 1 : at])
      if (isEnd) {
        return { end: at, values }
      }
      at += 1
    }
  }
}

/** As many bytes as are kept of a row, without half a letter at the end. */
export function keptBytes(buffer: Buffer, start: number, end: number): number {
  const most = limit('data.quarantine_row_chars_max')
  if (end - start <= most) return end
  let cut = start + most
  while (cut > start && ((buffer[cut] ?? 0) & 0xc0) === 0x80) cut -= 1
  return cut
}

/** A row for people, where its bytes are no text. */
export function shownRow(buffer: Buffer, start: number, end: number): string {
  const bytes = buffer.subarray(start, keptBytes(buffer, start, end))
  return (isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1')).replaceAll('\0', '\ufffd')
}

/** Where the line that begins at the position of the window ends, and whether it is too long to be held. */
export function lineAt(window: SlidingWindow, bytesMax: number): { readonly end: number; readonly isTooLong: boolean } {
  const end = window.next(newline, window.position)
  return { end, isTooLong: end - window.position > bytesMax }
}

/** Goes past the end of a line of any length. */
export async function skipLine(window: SlidingWindow): Promise<void> {
  for (;;) {
    const end = window.next(newline, window.position)
    window.position = Math.min(end + 1, window.end)
    if (end < window.end || window.isLast) return
    await window.fill(windowBytes)
  }
}

/**
 * Parts a CSV file into sound rows and others, line by line, so that nothing is lost whatever is in it. A quote that is not closed costs
 * the line that it stands in and no more. Throws what reading and writing throws.
 */
export async function splitCsv(options: SplitOptions): Promise<SplitFile> {
  const bytesMax = limit('data.line_bytes_max')
  const [source, target, rejects] = [
    await open(options.path, 'r'),
    await open(options.target, 'w', 0o600),
    await open(options.rejects, 'w', 0o600),
  ]
  try {
    const window = new SlidingWindow(source)
    const { buffer } = window
    const sound = new PieceWriter(target)
    const others = new PieceWriter(rejects)
    const delimiter = options.delimiter.charCodeAt(0)
    const quote = options.quote.charCodeAt(0)
    const [quoteText, doubled] = [options.quote, options.quote.repeat(2)]
    let line = 0
    let recordCount = 0
    let rejectedCount = 0
    let isHeader = options.hasHeader
    let nextQuote = -1
    const reject = (fault: Fault, end: number) => {
      const row = shownRow(buffer, window.position, trimmed(buffer, window.position, end))
      others.text(`${JSON.stringify({ line, ...fault, row })}\n`)
      rejectedCount += 1
    }
    const enclosed = (start: number, end: number) =>
      `${quoteText}${buffer.toString('utf8', start, end).replaceAll(quoteText, doubled)}${quoteText}`
    const emit = (values: readonly (readonly [number, number])[] | undefined, end: number) => {
      const start = window.position
      sound.text(`${line}${options.delimiter}`)
      if (values === undefined) sound.bytes(buffer, start, end)
      else {
        values.forEach(([from, to], index) => {
          if (index > 0) sound.text(options.delimiter)
          const part = buffer.subarray(from, to)
          if (part[0] === quote || !(part.includes(quote) || part.includes(carriageReturn))) sound.bytes(part)
          else sound.text(enclosed(from, to))
        })
      }
      const kept = keptBytes(buffer, start, end)
      if (values === undefined) {
        sound.text(`${options.delimiter}${quoteText}`)
        sound.bytes(buffer, start, kept)
        sound.text(`${quoteText}\n`)
      } else sound.text(`${options.delimiter}${enclosed(start, kept)}\n`)
    }
    for (;;) {
      if (await window.fill(2 * bytesMax)) {
        nextQuote = -1
        options.signal?.throwIfAborted()
        options.report?.(window.offset)
      }
      if (sound.isFull) await sound.flush()
      if (others.isFull) await others.flush()
      if (window.position >= window.end) break
      line += 1
      const { end, isTooLong } = lineAt(window, bytesMax)
      const start = window.position
      if (isTooLong) {
        if (!isHeader) {
          recordCount += 1
          reject({ reason: 'line_too_long', detail: storedNote('line_too_long', { bytes: bytesMax }) }, end)
        }
        isHeader = false
        await skipLine(window)
        nextQuote = -1
        continue
      }
      const lineEnd = trimmed(buffer, start, end)
      let next = end + 1
      if (lineEnd === start && options.fieldCount > 1) {
        window.position = Math.min(next, window.end)
        continue
      }
      if (nextQuote < start) nextQuote = window.next(quote, start)
      const parsed = nextQuote < end ? parseQuoted(window, start, { delimiter, quote, bytesMax }) : undefined
      if (isHeader) {
        isHeader = false
        if (parsed?.end !== undefined) {
          line += countLines(buffer, start, parsed.end)
          next = parsed.end + 1
        }
        window.position = Math.min(next, window.end)
        continue
      }
      recordCount += 1
      const recordEnd = parsed?.end ?? end
      const bytes = buffer.subarray(start, recordEnd)
      const spans = recordEnd > end
      const fault =
        !isAscii(bytes) && !isUtf8(bytes)
          ? { reason: 'encoding' as const, detail: storedNote('not_utf8', {}) }
          : bytes.includes(0)
            ? { reason: 'encoding' as const, detail: storedNote('zero_bytes', {}) }
            : (parsed?.fault ??
              countFault(
                parsed?.values?.length ?? countFields(buffer, start, lineEnd, delimiter),
                options.fieldCount,
                spans,
              ))
      if (fault !== undefined) reject(fault, end)
      else {
        const isPlain = parsed === undefined && !buffer.subarray(start, lineEnd).includes(carriageReturn)
        const values = parsed?.values ?? (isPlain ? undefined : fieldsOf(buffer, start, lineEnd, delimiter))
        emit(values, spans ? recordEnd : lineEnd)
        if (spans) line += countLines(buffer, start, recordEnd)
        next = recordEnd + 1
      }
      window.position = Math.min(next, window.end)
    }
    await sound.flush()
    await others.flush()
    return { recordCount, rejectedCount }
  } finally {
    await Promise.all([source.close(), target.close(), rejects.close()])
  }
}

function trimmed(buffer: Buffer, start: number, end: number): number {
  return end > start && buffer[end - 1] === carriageReturn ? end - 1 : end
}

function countLines(buffer: Buffer, start: number, end: number): number {
  let count = 0
  for (let at = buffer.indexOf(newline, start); at >= 0 && at < end; at = buffer.indexOf(newline, at + 1)) count += 1
  return count
}

function countFields(buffer: Buffer, start: number, end: number, delimiter: number): number {
  let count = 1
  for (let at = start; at < end; at += 1) if (buffer[at] === delimiter) count += 1
  return count
}

function fieldsOf(buffer: Buffer, start: number, end: number, delimiter: number): [number, number][] {
  const fields: [number, number][] = []
  let from = start
  for (let at = start; at <= end; at += 1) {
    if (at < end && buffer[at] !== delimiter) continue
    fields.push([from, at])
    from = at + 1
  }
  return fields
}

function countFault(found: number, wanted: number, spans: boolean): Fault | undefined {
  if (found === wanted) return undefined
  if (spans) return { reason: 'unclosed_quote', detail: storedNote('quote_not_closed', {}) }
  const detail = storedNote('values_counted', { found, wanted })
  return { reason: found < wanted ? 'too_few_columns' : 'too_many_columns', detail }
}
