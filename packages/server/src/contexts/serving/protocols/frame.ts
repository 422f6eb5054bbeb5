import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { isRecord } from './tensor-json.js'

/** A table of a request: rows of cells, and the names of the columns where they are known. */
export interface Frame {
  readonly names: readonly string[] | undefined
  readonly rows: readonly (readonly unknown[])[]
  /** True of CSV, where numbers are texts too. */
  readonly areTexts: boolean
}

function wrong(field: string, reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field, reason }, { field })
}

/** Objects by column; what one of them leaves out is missing. Throws `invalid_request`. */
export function frameOfRecords(list: unknown, field: string): Frame {
  if (!Array.isArray(list)) throw wrong(field, 'must be a list of objects')
  const names = new Set<string>()
  for (const [row, record] of list.entries()) {
    if (!isRecord(record)) throw wrong(`${field}[${row}]`, 'must be an object by column')
    for (const name of Object.keys(record)) names.add(name)
  }
  // Records that have no name in common would fill as many cells as names times records.
  const cellsMax = limit('mlflow.json_values_max')
  if (names.size * list.length > cellsMax) {
    throw wrong(field, `has ${list.length} rows of ${names.size} columns, more than ${cellsMax} cells`)
  }
  const columns = [...names]
  return {
    names: columns,
    rows: list.map((record) => columns.map((name) => ownOf(record, name) ?? null)),
    areTexts: false,
  }
}

function ownOf(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** `{columns, data}` as data frames of Python are split, with an index that is left aside. Throws `invalid_request`. */
export function frameOfSplit(split: unknown, field: string): Frame {
  if (!isRecord(split)) throw wrong(field, 'must be an object with columns and data')
  const extra = Object.keys(split).find((name) => !['columns', 'data', 'index'].includes(name))
  if (extra !== undefined) throw wrong(`${field}.${extra}`, 'is not known; there are columns, data and index')
  const { columns, data } = split
  if (!Array.isArray(data)) throw wrong(`${field}.data`, 'must be a list of rows')
  if (columns !== undefined && (!Array.isArray(columns) || !columns.every(isName))) {
    throw wrong(`${field}.columns`, 'must be a list of names')
  }
  const names = columns === undefined ? undefined : columns.map(String)
  const repeated = repeatedOf(names ?? [])
  if (repeated !== undefined) throw wrong(`${field}.columns`, `has ${repeated} twice`)
  const width = names?.length ?? (Array.isArray(data[0]) ? data[0].length : 1)
  const rows = data.map((row: unknown, place) => {
    if (Array.isArray(row) && row.length === width) return row
    throw wrong(`${field}.data[${place}]`, `must be a list of ${width} values`)
  })
  return { names, rows, areTexts: false }
}

/** Columns of data frames may be named by numbers. */
function isName(name: unknown): boolean {
  return typeof name === 'string' || typeof name === 'number'
}

function repeatedOf(names: readonly string[]): string | undefined {
  const seen = new Set<string>()
  return names.find((name) => seen.size === seen.add(name).size)
}

/** What pandas reads as a missing value. */
const missing = new Set(['', '#N/A', 'NA', 'N/A', '<NA>', 'NaN', 'nan', 'null', 'NULL', 'None', 'n/a'])

/** CSV whose first line has the names; cells are texts, or null where they are missing. Throws `invalid_request`. */
export function frameOfCsv(text: string): Frame {
  const [names, ...rows] = parseCsv(text)
  if (names === undefined) throw wrong('body', 'the CSV has no line with the names of its columns')
  const repeated = repeatedOf(names)
  if (repeated !== undefined) throw wrong('body', `the CSV has the column ${repeated} twice`)
  for (const [place, row] of rows.entries()) {
    if (row.length === names.length) continue
    throw wrong('body', `line ${place + 2} of the CSV has ${row.length} cells, and there are ${names.length} columns`)
  }
  return { names, rows: rows.map((row) => row.map((cell) => (missing.has(cell) ? null : cell))), areTexts: true }
}

/** Lines of cells as RFC 4180 has them; empty lines are left out. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = []
  let cells: string[] = []
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  const endLine = () => {
    if (cells.length > 1 || cells[0] !== '') lines.push(cells)
    cells = []
  }
  while (at < text.length) {
    let cell = ''
    if (text[at] === '"') {
      let end = text.indexOf('"', at + 1)
      while (end !== -1 && text[end + 1] === '"') end = text.indexOf('"', end + 2)
      if (end === -1) throw wrong('body', `a quote of the CSV does not end, in line ${lines.length + 1}`)
      cell = text.slice(at + 1, end).replaceAll('""', '"')
      at = end + 1
      if (at < text.length && !',\r\n'.includes(text[at] ?? '')) {
        throw wrong('body', `something follows a quoted cell of the CSV, in line ${lines.length + 1}`)
      }
    } else {
      const end = endOfCell(text, at)
      cell = text.slice(at, end)
      at = end
    }
    cells.push(cell)
    if (text[at] === ',') {
      at += 1
      if (at === text.length) cells.push('')
      continue
    }
    if (text[at] === '\r') at += 1
    if (text[at] === '\n') at += 1
    endLine()
  }
  if (cells.length > 0) endLine()
  return lines
}

function endOfCell(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x2c || code === 0x0a || code === 0x0d) return at
  }
  return text.length
}
