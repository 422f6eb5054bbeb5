import type { NumberSample, TextSample } from '@fabrique/ml/drift'
import type { ReadLabels, Side, SideColumn } from './side.js'
import type { ProfiledColumn, ProfiledPart } from './training-profile.js'

/**
 * What a training has left of its rows, as one of both tables. Counts of labels and of numbers that are all there decide as the rows would;
 * of more numbers, values at even ranks stand for them: tests count those, sizes all.
 */
export function profiledSide({ rows, columns }: ProfiledPart): Side {
  const known = new Map(columns.map((column) => [column.name, column]))
  const of = ({ name }: SideColumn) => known.get(name)
  return {
    rowCount: rows,
    columns: new Map(columns.map(({ name, family, filled }) => [name, { name, family, filled }])),
    numbers: async (asked) => asked.map((column) => numbersOf(of(column), rows)),
    labels: async (asked) => asked.map((column) => labelsOf(of(column), rows)),
    distinct: async (column) => of(column)?.distinct ?? Number.POSITIVE_INFINITY,
    texts: async (column) => textsOf(of(column), rows),
    vectors: async () => undefined,
  }
}

const nothing = new Float64Array(0)

function numbersOf(column: ProfiledColumn | undefined, rows: number): NumberSample {
  if (column?.numbers === undefined) return numbersOfLabels(column, rows)
  const { values, counts, missing, infinite } = column.numbers
  if (counts === undefined)
    return { sorted: Float64Array.from(values), rows: rows - missing - infinite, missing, infinite }
  return { sorted: repeated(values, counts), missing, infinite }
}

/** Texts that are asked for as numbers; what reads as none is missing, as in a table. */
function numbersOfLabels(column: ProfiledColumn | undefined, rows: number): NumberSample {
  if (column?.labels === undefined) return { sorted: nothing, missing: rows, infinite: 0 }
  const { values, counts } = column.labels
  const read = values
    .map((label, index) => ({ value: label.trim() === '' ? Number.NaN : Number(label), rows: counts[index] ?? 0 }))
    .filter(({ value }) => Number.isFinite(value))
    .sort((a, b) => a.value - b.value)
  const sorted = repeated(
    read.map(({ value }) => value),
    read.map((one) => one.rows),
  )
  return { sorted, missing: rows - sorted.length, infinite: 0 }
}

function repeated(values: readonly number[], counts: readonly number[]): Float64Array {
  const sorted = new Float64Array(counts.reduce((sum, count) => sum + count, 0))
  let from = 0
  for (const [index, value] of values.entries()) {
    const to = from + (counts[index] ?? 0)
    sorted.fill(value, from, to)
    from = to
  }
  return sorted
}

/** Numbers that are all there are labels, spelt as classes are; moments are not written as a table would write them. */
function labelsOf(column: ProfiledColumn | undefined, rows: number): ReadLabels {
  const missing = rows - (column?.filled ?? 0)
  if (column?.numbers?.counts !== undefined && column.family !== 'time') {
    const { values, counts, infinite } = column.numbers
    const labels = new Map(values.map((value, index) => [String(value), counts[index] ?? 0]))
    return { counts: { counts: labels, missing: column.numbers.missing + infinite }, isCutOff: false }
  }
  if (column?.labels === undefined) return { counts: { counts: new Map(), missing }, isCutOff: true }
  const { values, counts } = column.labels
  return {
    counts: { counts: new Map(values.map((label, index) => [label, counts[index] ?? 0])), missing },
    isCutOff: false,
  }
}

function textsOf(column: ProfiledColumn | undefined, rows: number): TextSample {
  const filled = column?.filled ?? 0
  const missing = rows - filled
  if (column?.texts !== undefined) return { texts: column.texts, rows: filled, missing }
  const { values = [], counts = [] } = column?.labels ?? {}
  const texts = values.flatMap((text, index) => new Array<string>(counts[index] ?? 0).fill(text))
  return { texts, rows: filled, missing }
}
