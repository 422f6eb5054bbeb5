/** How a table of runs is written as text. */
export interface CsvDialect {
  readonly separator: string
  readonly decimalMark: '.' | ','
  /** Written before everything; a byte order mark tells Excel that the text is UTF-8. */
  readonly start: string
  readonly moment: (iso: string) => string
}

/** RFC 4180, for programs. */
export const plainCsv: CsvDialect = { separator: ',', decimalMark: '.', start: '', moment: (iso) => iso }

/** For Excel and LibreOffice set to French. */
export const frenchCsv: CsvDialect = {
  separator: ';',
  decimalMark: ',',
  start: '\uFEFF',
  moment: (iso) => iso.replace('T', ' ').replace(/\.\d+Z$/, ''),
}

const lineEnd = '\r\n'
const numberText = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i
/** What a spreadsheet takes for the start of a formula, also in its wide forms. */
const formulaStart = /^[=+\-@\t\r\n＝＋－＠]/

export type Cell =
  | { readonly kind: 'text'; readonly text: string }
  /** A number as text, or a word such as NaN. A parameter may be one. */
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'moment'; readonly iso: string }
  | undefined

/** One line of a table. */
export function csvLine(cells: readonly Cell[], dialect: CsvDialect): string {
  return cells.map((cell) => quoted(cellText(cell, dialect), dialect.separator)).join(dialect.separator) + lineEnd
}

function cellText(cell: Cell, dialect: CsvDialect): string {
  if (cell === undefined) return ''
  if (cell.kind === 'moment') return dialect.moment(cell.iso)
  const { text } = cell
  if (numberText.test(text)) return cell.kind === 'value' ? text.replace('.', dialect.decimalMark) : text
  // A quote in front makes a spreadsheet show the text instead of computing it: names and tags come from anybody.
  return formulaStart.test(text) ? `'${text}` : text
}

function quoted(text: string, separator: string): string {
  const needsQuotes = text.includes(separator) || /["\r\n]/.test(text)
  return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text
}
