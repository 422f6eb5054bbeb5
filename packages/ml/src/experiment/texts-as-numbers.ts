import type { Table, TableColumn } from '../data/table.js'
import type { EstimatorLookup } from '../pipeline/pipeline.js'
import { stepTransformer } from '../pipeline/run-steps.js'
import type { ExperimentDefinition } from './experiment-definition.js'

/** A column of texts that was read as numbers. */
export interface TextAsNumbers {
  readonly name: string
  /** Rows without a number, which are missing values. */
  readonly missing: number
}

export interface TextsAsNumbersOptions {
  readonly estimators: EstimatorLookup
  /** Columns that someone has said to be texts. */
  readonly texts?: readonly string[]
}

type TextColumn = Extract<TableColumn, { kind: 'text' }>
type NumberColumn = Extract<TableColumn, { kind: 'number' }>

/** A number as files of numbers have it. One that begins with zeros, as a postal code may, is a name and no number. */
const plainNumber = /^[+-]?(?:0|[1-9]\d*)?(?:\.\d*)?(?:e[+-]?\d+)?$/i

/**
 * Texts that are numbers wherever they are not blank are read as numbers, their blanks as missing values: a few blanks in a file make texts
 * of a column of numbers. Left as they are: a target that is classes, what was said to be texts, and what the definition gives to a
 * step that takes texts.
 */
export function textsAsNumbers(
  { columns, rowCount }: Table,
  definition: ExperimentDefinition,
  options: TextsAsNumbersOptions,
): { readonly table: Table; readonly read: readonly TextAsNumbers[] } {
  const kept = keptTexts(definition, options)
  const read: TextAsNumbers[] = []
  const found = columns.map((column) => {
    if (column.kind !== 'text' || kept.has(column.name)) return column
    const numbers = numbersOf(column)
    if (numbers === undefined) return column
    read.push({
      name: column.name,
      missing: numbers.values.reduce((sum, value) => sum + Number(Number.isNaN(value)), 0),
    })
    return numbers
  })
  return { table: { rowCount, columns: found }, read }
}

function keptTexts(
  { target, task, columns = [] }: ExperimentDefinition,
  { estimators, texts = [] }: TextsAsNumbersOptions,
): ReadonlySet<string> {
  const asTexts = columns.filter(({ steps: [first] }) => {
    return first !== undefined && stepTransformer(first.kind, estimators).takes.includes('text')
  })
  return new Set([...texts, ...(task === 'regression' ? [] : [target]), ...asTexts.flatMap((group) => group.columns)])
}

/** The numbers of a column of which every text is one or blank; undefined for any other, and for one that has no number. */
function numbersOf({ name, codes, categories }: TextColumn): NumberColumn | undefined {
  const numbers = new Float64Array(categories.length)
  for (const [code, text] of categories.entries()) {
    const trimmed = text.trim()
    const value = trimmed !== '' && plainNumber.test(trimmed) ? Number(trimmed) : Number.NaN
    if (trimmed !== '' && !Number.isFinite(value)) return undefined
    numbers[code] = value
  }
  const values = Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : (numbers[code] ?? Number.NaN)))
  return values.every(Number.isNaN) ? undefined : { kind: 'number', name, values }
}
