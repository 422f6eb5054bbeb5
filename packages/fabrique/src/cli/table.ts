import { stripVTControlCharacters } from 'node:util'
import pc from 'picocolors'
import { printable } from './printable.js'

/** Colours, which are ours: all that a cell may hold beside what is printable. */
const colours = new RegExp(`(${'\u001b'}\\[[0-9;]*m)`)

const shown = (cell: string) =>
  cell
    .split(colours)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join('')

/** A table for the terminal: columns as wide as their widest cell; numbers to the right. Cells from data go through `printable` first. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const cells = rows.map((row) => row.map(shown))
  const width = (text: string) => stripVTControlCharacters(text).length
  const widths = header.map((name, index) => Math.max(width(name), ...cells.map((row) => width(row[index] ?? ''))))
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => {
        const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - width(cell)))
        return right.includes(index) ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  return `${[line(header.map((name) => pc.dim(name))), ...cells.map(line)].join('\n')}\n`
}
