import { readCsv } from './read-csv.js'

/** Rows to show, at most as many as were asked for, of `total`. */
export interface PreviewTable {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly total: number
}

const cell = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The JSON form of `mlflow.log_table`: columns and rows apart. Anything else is `undefined`. */
export function readLoggedTable(value: unknown, rowsMax: number): PreviewTable | undefined {
  if (typeof value !== 'object' || value === null || !('columns' in value) || !('data' in value)) return undefined
  const { columns, data } = value
  if (!Array.isArray(columns) || !Array.isArray(data) || !data.every((row) => Array.isArray(row))) return undefined
  return {
    header: columns.map(cell),
    rows: data.slice(0, rowsMax).map((row: readonly unknown[]) => row.map(cell)),
    total: data.length,
  }
}

/** A file of separated values. A beginning of a file ends with half a line, which is left out. */
export function readSeparated(text: string, separator: ',' | '\t', rowsMax: number, isWhole: boolean): PreviewTable {
  const whole = isWhole ? text : text.slice(0, text.lastIndexOf('\n') + 1)
  const [header = [], ...rows] =
    separator === ','
      ? readCsv(whole, Number.POSITIVE_INFINITY)
      : whole
          .trimEnd()
          .split(/\r?\n/)
          .map((line) => line.split('\t'))
  return { header, rows: rows.slice(0, rowsMax), total: rows.length }
}
