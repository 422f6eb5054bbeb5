import { isUtf8 } from 'node:buffer'
import { open } from 'node:fs/promises'
import type { QuarantineReason } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { storedNote } from './ingest-notes.js'
import { lineAt, PieceWriter, SlidingWindow, type SplitFile, shownRow, skipLine } from './read-csv-records.js'

const separator = 31

/**
 * Numbers the lines of a text file for the engine: `target` gets the number, the byte 31 and the line. Lines that the engine could not
 * take go to `rejects`, an object on each line. Empty lines are no rows.
 */
export async function splitLines(options: {
  readonly path: string
  readonly target: string
  readonly rejects: string
  readonly signal?: AbortSignal | undefined
  readonly report?: (bytes: number) => void
}): Promise<SplitFile> {
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
    let line = 0
    let recordCount = 0
    let rejectedCount = 0
    const reject = (reason: QuarantineReason, detail: string, end: number) => {
      others.text(`${JSON.stringify({ line, reason, detail, row: shownRow(buffer, window.position, end) })}\n`)
      recordCount += 1
      rejectedCount += 1
    }
    for (;;) {
      if (await window.fill(2 * bytesMax)) {
        options.signal?.throwIfAborted()
        options.report?.(window.offset)
      }
      if (sound.isFull) await sound.flush()
      if (others.isFull) await others.flush()
      if (window.position >= window.end) break
      line += 1
      const { end, isTooLong } = lineAt(window, bytesMax)
      if (isTooLong) {
        reject('line_too_long', storedNote('line_too_long', { bytes: bytesMax }), end)
        await skipLine(window)
        continue
      }
      const start = window.position
      const last = end > start && buffer[end - 1] === 13 ? end - 1 : end
      const bytes = buffer.subarray(start, last)
      if (bytes.length > 0) {
        if (!isUtf8(bytes)) reject('encoding', storedNote('not_utf8', {}), last)
        else if (bytes.includes(0)) reject('encoding', storedNote('zero_bytes', {}), last)
        else if (bytes.includes(separator) || bytes.includes(13))
          reject('not_parsed', storedNote('not_a_json_object', {}), last)
        else {
          recordCount += 1
          sound.text(`${line}\u001f`)
          sound.bytes(bytes)
          sound.text('\n')
        }
      }
      window.position = Math.min(end + 1, window.end)
    }
    await sound.flush()
    await others.flush()
    return { recordCount, rejectedCount }
  } finally {
    await Promise.all([source.close(), target.close(), rejects.close()])
  }
}
