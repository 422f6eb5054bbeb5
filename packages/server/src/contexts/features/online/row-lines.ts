import type { OnlineRow, RowLines } from './model.js'

/** Rows as their lines. */
export function rowLines(rows: readonly OnlineRow[] | RowLines): RowLines {
  if ('text' in rows) return rows
  const lines = rows.map(({ key, eventUs, createdUs, steps }) => `${key}\t${eventUs}\t${createdUs}\t${steps}`)
  return { length: lines.length, text: lines.join('\n') }
}

/** Parts of no more than so many rows. */
export function partsOf({ length, text }: RowLines, rowsMax: number): readonly string[] {
  if (length <= rowsMax) return [text]
  const parts: string[] = []
  let start = 0
  while (start <= text.length) {
    let end = start - 1
    for (let count = 0; count < rowsMax && end < text.length; count += 1) {
      const next = text.indexOf('\n', end + 1)
      end = next < 0 ? text.length : next
    }
    parts.push(text.slice(start, end))
    start = end + 1
  }
  return parts
}
