import { stripVTControlCharacters } from 'node:util'
import pc from 'picocolors'

/** A table for the terminal: columns as wide as their widest cell; numbers to the right. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const width = (text: string) => stripVTControlCharacters(text).length
  const widths = header.map((name, index) => Math.max(width(name), ...rows.map((row) => width(row[index] ?? ''))))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => {
        const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - width(cell)))
        return right.includes(index) ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  return `${[line(header.map((name) => pc.dim(name))), ...rows.map(line)].join('\n')}\n`
}
