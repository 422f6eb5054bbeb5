import {
  estimatorNamed,
  readTarget,
  splitRows,
  type Table,
  type TableColumn,
  type TableColumnKind,
  textsAsNumbers,
} from '@fabrique/ml'
import type { RunSplit } from '../training/files.js'
import type { ModelAsked } from './explainer-messages.js'
import { refused } from './refused.js'

type Signature = ModelAsked['signature']

const kindOfElement: Readonly<Record<string, TableColumnKind>> = { float32: 'number', string: 'text', int64: 'time' }

/**
 * The columns that a model file reads, as it reads them: texts that are numbers as numbers, columns without any value as missing values.
 * Throws `explanation_refused` for what the rows lack.
 */
export function modelRows(rows: Table, inputs: readonly { readonly name: string; readonly type: string }[]): Table {
  const columns = inputs.map(({ name, type }) => {
    const column = rows.columns.find((candidate) => candidate.name === name)
    const kind = kindOfElement[type]
    if (column === undefined) {
      throw refused(
        `the model reads ${JSON.stringify(name)}, which the rows do not have`,
        `le modèle lit ${JSON.stringify(name)}, que les lignes n’ont pas`,
      )
    }
    const fitting = kind === undefined ? undefined : columnAs(column, kind)
    if (fitting !== undefined) return fitting
    throw refused(
      `the model takes ${type} for ${JSON.stringify(name)}, which holds something else here`,
      `le modèle prend ${type} pour ${JSON.stringify(name)}, qui contient autre chose ici`,
    )
  })
  return { rowCount: rows.rowCount, columns }
}

function columnAs(column: TableColumn, kind: TableColumnKind): TableColumn | undefined {
  if (column.kind === kind) return column
  const { name } = column
  const isEmpty = column.kind === 'text' ? column.codes.every((code) => code < 0) : column.values.every(Number.isNaN)
  if (isEmpty) {
    const rowCount = column.kind === 'text' ? column.codes.length : column.values.length
    return kind === 'text'
      ? { kind, name, codes: new Int32Array(rowCount).fill(-1), categories: [] }
      : { kind, name, values: new Float64Array(rowCount).fill(Number.NaN) }
  }
  if (kind !== 'number' || column.kind !== 'text') return undefined
  const numbers = Float64Array.from(column.categories, (text) => (text.trim() === '' ? Number.NaN : Number(text)))
  if (column.categories.some((text, code) => text.trim() !== '' && Number.isNaN(numbers[code]))) return undefined
  return { kind, name, values: Float64Array.from(column.codes, (code) => numbers[code] ?? Number.NaN) }
}

/** What is true of each row: a class by its position in the signature, or a number. */
export type Truth =
  | { readonly kind: 'classes'; readonly codes: Int32Array }
  | { readonly kind: 'values'; readonly values: Float64Array }

/** True values of the target, -1 or NaN where none is known; undefined where the rows do not have the column. */
export function readTruth(rows: Table, { task, target }: Signature): Truth | undefined {
  const column = rows.columns.find(({ name }) => name === target.name)
  if (column === undefined) return undefined
  if (task === 'regression') {
    const numbers = columnAs(column, 'number')
    return numbers?.kind === 'number' ? { kind: 'values', values: numbers.values } : undefined
  }
  const codeOf = new Map(target.classes.map((name, code) => [name, code]))
  if (column.kind === 'text') {
    const known = column.categories.map((text) => codeOf.get(text) ?? -1)
    return { kind: 'classes', codes: column.codes.map((code) => known[code] ?? -1) }
  }
  // Classes of numbers are named by them, truth values by their words.
  const words = codeOf.has('true') || codeOf.has('false') ? ['false', 'true'] : undefined
  return {
    kind: 'classes',
    codes: Int32Array.from(column.values, (value) => codeOf.get(words?.[value] ?? String(value)) ?? -1),
  }
}

/** Whether each row has a true value. */
export function isKnown(truth: Truth, row: number): boolean {
  if (truth.kind === 'classes') return (truth.codes[row] ?? -1) >= 0
  return Number.isFinite(truth.values[row] ?? Number.NaN)
}

/** The truth of some rows, in their order. */
export function takeTruth(truth: Truth, rows: Int32Array): Truth {
  if (truth.kind === 'classes') return { ...truth, codes: rows.map((row) => truth.codes[row] ?? -1) }
  return { ...truth, values: Float64Array.from(rows, (row) => truth.values[row] ?? Number.NaN) }
}

/** Columns that a split reads. */
export function splitColumns({ target, split }: RunSplit): readonly string[] {
  return split.kind === 'random' ? [target] : [target, split.column]
}

/** The split of a training, made again of the same rows. Throws MlError. */
export function splitAgain(rows: Table, { target, task, split, seed }: RunSplit, declared: readonly string[]) {
  const wanted = new Set(splitColumns({ target, split, seed }))
  const own = { rowCount: rows.rowCount, columns: rows.columns.filter(({ name }) => wanted.has(name)) }
  const definition = {
    target,
    ...(task === undefined ? {} : { task }),
    estimator: { kind: 'dummy_classifier' },
    seed,
    split:
      split.kind === 'random'
        ? { kind: split.kind, testShare: split.test_share, isStratified: split.stratify }
        : { kind: split.kind, column: split.column, testShare: split.test_share },
  } as const
  const { table } = textsAsNumbers(own, definition, { estimators: estimatorNamed, texts: declared })
  return splitRows(table, readTarget(table, target, task), definition.split, seed)
}

/** As many of the rows as are asked for, drawn by the seed, in their order. */
export function drawRows(rows: Int32Array, count: number, random: { shuffle(items: Int32Array): void }): Int32Array {
  if (rows.length <= count) return rows
  const order = rows.slice()
  random.shuffle(order)
  return order.subarray(0, count).slice().sort()
}

/** Some rows of a table, by a condition. */
export function rowsWhere(rowCount: number, holds: (row: number) => boolean): Int32Array {
  const chosen: number[] = []
  for (let row = 0; row < rowCount; row += 1) if (holds(row)) chosen.push(row)
  return Int32Array.from(chosen)
}
