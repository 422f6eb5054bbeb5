import { open } from 'node:fs/promises'
import type { ColumnType, CsvDialect } from '@fabrique/contract'

/** How a CSV file is read, all of it decided. */
export interface DecidedDialect {
  readonly delimiter: string
  readonly quote: string
  readonly hasHeader: boolean
  readonly decimal: '.' | ','
  readonly dateFormat: string | undefined
  readonly timestampFormat: string | undefined
  /** Texts that stand for no value, the empty one among them. */
  readonly nullValues: readonly string[]
}

export interface CsvHead {
  readonly dialect: DecidedDialect
  /** Names of the columns, in the order of the file. */
  readonly names: readonly string[]
  /** The first rows after the header. */
  readonly rows: readonly (readonly string[])[]
}

/** Bytes at the beginning that decide on types, and letters of them that decide on the dialect. */
const headBytes = 1024 * 1024
const dialectLetters = 64 * 1024
const delimiters = [',', ';', '\t', '|'] as const

/** The values of the rows of a text; a row that is cut off at its end is left out. */
export function parseHead(text: string, delimiter: string, quote: string, isWhole: boolean): readonly string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let value = ''
  let at = 0
  const endRow = () => {
    row.push(value)
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
    value = ''
  }
  let nextQuote = text.indexOf(quote)
  while (at < text.length) {
    if (row.length === 0 && value === '') {
      // A line without quotes is parted at once.
      const end = text.indexOf('\n', at)
      if (nextQuote >= 0 && nextQuote < at) nextQuote = text.indexOf(quote, at)
      if (end >= 0 && (nextQuote < 0 || nextQuote > end)) {
        const line = text.slice(at, end > at && text[end - 1] === '\r' ? end - 1 : end)
        if (line !== '') rows.push(line.split(delimiter))
        at = end + 1
        continue
      }
    }
    const letter = text[at]
    if (letter === quote && value === '') {
      const close = closeOf(text, at + 1, quote)
      if (close < 0) {
        // Not closed: the quote is a letter of the value.
        value += letter
        at += 1
        continue
      }
      value = text.slice(at + 1, close).replaceAll(quote + quote, quote)
      at = close + 1
      continue
    }
    if (letter === delimiter) {
      row.push(value)
      value = ''
    } else if (letter === '\n') endRow()
    else if (letter !== '\r') value += letter
    at += 1
  }
  if (isWhole && (value !== '' || row.length > 0)) endRow()
  return rows
}

function closeOf(text: string, from: number, quote: string): number {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 2)) {
    if (text[at + 1] !== quote) return at
  }
  return -1
}

/**
 * Decides what a dialect leaves out from the beginning of a file: the delimiter whose header has the declared columns, else the one that
 * parts the rows most evenly. `path` is plain UTF-8 text.
 */
export async function readCsvHead(path: string, given: CsvDialect, declared: readonly string[]): Promise<CsvHead> {
  const { text, isWhole } = await headOf(path)
  const isShort = text.length <= dialectLetters
  const lastLine = text.lastIndexOf('\n', dialectLetters)
  const start = isShort ? text : text.slice(0, lastLine < 0 ? dialectLetters : lastLine + 1)
  const quote = given.quote ?? (usesApostrophes(start) ? "'" : '"')
  const candidates = given.delimiter === undefined ? delimiters : [given.delimiter]
  const read = candidates.map((delimiter) => {
    const rows = parseHead(start, delimiter, quote, isShort && isWhole)
    const names = (rows[0] ?? []).map((name) => name.trim())
    const known = given.header ? declared.filter((name) => names.includes(name)).length : 0
    return { delimiter, rows, known, evenness: evennessOf(rows) }
  })
  read.sort((left, right) => right.known - left.known || right.evenness - left.evenness)
  const { delimiter = ',' } = read[0] ?? {}
  const rows = parseHead(text, delimiter, quote, isWhole)
  const first = rows[0] ?? []
  const names = given.header
    ? first.map((name, index) => name.trim() || `c${index + 1}`)
    : first.map((_, index) => declared[index] ?? `c${index + 1}`)
  const data = given.header ? rows.slice(1) : rows
  return {
    dialect: {
      delimiter,
      quote,
      hasHeader: given.header,
      decimal: given.decimal ?? (delimiter !== ',' && usesDecimalCommas(data) ? ',' : '.'),
      dateFormat: given.date_format,
      timestampFormat: given.timestamp_format,
      nullValues: ['', ...(given.null_values ?? []).filter((text) => text !== '')],
    },
    names,
    rows: data,
  }
}

async function headOf(path: string): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(headBytes), 0, headBytes, 0)
    const isWhole = bytesRead < headBytes
    const last = buffer.lastIndexOf(10, bytesRead - 1)
    return { text: buffer.toString('utf8', 0, isWhole || last < 0 ? bytesRead : last + 1), isWhole }
  } finally {
    await handle.close()
  }
}

/** Enclosed by apostrophes: several values are, and none is enclosed by quotes. */
function usesApostrophes(text: string): boolean {
  if (text.includes('"')) return false
  return (text.match(/(?:^|[,;\t|\n])'[^'\n]*'(?=[,;\t|\r\n]|$)/g) ?? []).length > 1
}

/** From 0: how many of the first rows have the most frequent number of values, times a little for more values. */
function evennessOf(rows: readonly (readonly string[])[]): number {
  const counts = new Map<number, number>()
  const first = rows.slice(0, 200)
  for (const { length } of first) counts.set(length, (counts.get(length) ?? 0) + 1)
  const [length = 1, count = 0] = [...counts].sort((left, right) => right[1] - left[1])[0] ?? []
  return length < 2 ? 0 : count / first.length + Math.min(length, 1000) / 100_000
}

function usesDecimalCommas(rows: readonly (readonly string[])[]): boolean {
  let commas = 0
  for (const row of rows.slice(0, 1000)) {
    for (const value of row) {
      if (/^\s*[+-]?\d+\.\d+\s*$/.test(value)) return false
      if (/^\s*[+-]?\d+,\d+\s*$/.test(value)) commas += 1
    }
  }
  return commas > 0
}

/** What the values of a column look like; undefined where there is none. */
export function typeOfValues(
  values: Iterable<string | undefined>,
  { decimal, dateFormat, timestampFormat, nullValues }: DecidedDialect,
): ColumnType | undefined {
  const mark = decimal === '.' ? '\\.' : ','
  const shapes: readonly (readonly [ColumnType, RegExp])[] = [
    ['boolean', /^(?:true|false)$/i],
    ['integer', /^[+-]?(?:0|[1-9]\d{0,17})$/],
    ['number', new RegExp(`^[+-]?(?:(?:0|[1-9]\\d*)(?:${mark}\\d*)?|${mark}\\d+)(?:[eE][+-]?\\d+)?$`)],
    ['date', dateFormat === undefined ? /^\d{4}-\d\d-\d\d$/ : shapeOfFormat(dateFormat)],
    [
      'timestamp',
      timestampFormat === undefined
        ? /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/
        : shapeOfFormat(timestampFormat),
    ],
  ]
  let left = shapes
  let seen = 0
  for (const value of values) {
    if (value === undefined || nullValues.includes(value)) continue
    seen += 1
    const text = value.trim()
    left = left.filter(([type, shape]) => shape.test(text) && !(type === 'number' && /^[+-]?\d{19,}$/.test(text)))
    if (left.length === 0) return 'text'
  }
  return seen === 0 ? undefined : left[0]?.[0]
}

/** The shape of texts in a format of strftime, roughly: the engine decides on each value. */
function shapeOfFormat(format: string): RegExp {
  const shape = format
    .replace(/[.*+?^$()|[\]\\{}/]/g, '\\$&')
    .replace(/%(.)/g, (_, letter: string) =>
      /[aAbBpZ]/.test(letter) ? '\\p{L}+\\.?' : letter === 'z' ? '\\S+' : '\\d+',
    )
  return new RegExp(`^${shape}$`, 'u')
}
