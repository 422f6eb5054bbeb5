import { float64At, int32At } from '../data/element.js'
import type { Table, TableColumn, TableColumnKind } from '../data/table.js'

/** What a default pipeline needs to know of a column. */
export interface ColumnSummary {
  readonly name: string
  readonly kind: TableColumnKind
  readonly rowCount: number
  readonly missingCount: number
  /** Distinct values, those that are missing aside. */
  readonly distinctCount: number
  /** Mean number of words of a text; 0 of other columns. */
  readonly wordsPerText: number
  /** Whether a number is whole everywhere and each follows on another, as row numbers do. */
  readonly isConsecutive: boolean
  /** Whether a time is ever other than midnight UTC. */
  readonly hasTimeOfDay: boolean
}

const dayMs = 86_400_000

/** Summaries of the columns of a table, in its order. */
export function summarizeColumns({ columns, rowCount }: Table): ColumnSummary[] {
  return columns.map((column) => (column.kind === 'text' ? summarizeText(column, rowCount) : summarizeNumbers(column)))
}

function summarizeText(column: Extract<TableColumn, { kind: 'text' }>, rowCount: number): ColumnSummary {
  const counts = new Int32Array(column.categories.length)
  let missingCount = 0
  for (let row = 0; row < rowCount; row++) {
    const code = int32At(column.codes, row)
    if (code < 0 || column.categories[code] === '') missingCount++
    else counts[code] = int32At(counts, code) + 1
  }
  let words = 0
  const used = new Set<string>()
  for (const [code, text] of column.categories.entries()) {
    if (int32At(counts, code) === 0) continue
    used.add(text)
    words += int32At(counts, code) * text.split(/\s+/).filter((word) => word !== '').length
  }
  return {
    name: column.name,
    kind: 'text',
    rowCount,
    missingCount,
    distinctCount: used.size,
    wordsPerText: words / Math.max(rowCount - missingCount, 1),
    isConsecutive: false,
    hasTimeOfDay: false,
  }
}

function summarizeNumbers({ name, kind, values }: Exclude<TableColumn, { kind: 'text' }>): ColumnSummary {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort()
  let distinctCount = sorted.length > 0 ? 1 : 0
  let isConsecutive = sorted.length > 0 && Number.isInteger(sorted[0])
  for (let at = 1; at < sorted.length; at++) {
    const step = float64At(sorted, at) - float64At(sorted, at - 1)
    if (step !== 0) distinctCount++
    if (step !== 1) isConsecutive = false
  }
  return {
    name,
    kind,
    rowCount: values.length,
    missingCount: values.length - sorted.length,
    distinctCount,
    wordsPerText: 0,
    isConsecutive: kind === 'number' && isConsecutive,
    hasTimeOfDay: kind === 'time' && sorted.some((value) => value % dayMs !== 0),
  }
}
