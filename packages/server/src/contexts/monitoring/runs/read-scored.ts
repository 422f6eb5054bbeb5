import { sqlName } from '../../../platform/duckdb/index.js'
import { familyOf, labelSql } from '../drift/side.js'
import type { ScoredTable } from './opened-side.js'

/** What a classifier answered and what was right, by codes. */
export interface ScoredClasses {
  readonly kind: 'classes'
  readonly classes: readonly string[]
  /** -1 where it is not known. */
  readonly truth: Int32Array
  readonly predicted: Int32Array
  /** NaN where one is missing: that is no probability of 0. */
  readonly probabilities: readonly Float64Array[] | null
  /** What was read beside, column by column. */
  readonly others: readonly (readonly unknown[])[]
}

/** The same of a regressor; NaN where it is not known. */
export interface ScoredNumbers {
  readonly kind: 'numbers'
  readonly truth: Float64Array
  readonly predicted: Float64Array
  readonly others: readonly (readonly unknown[])[]
}

/** Whether a table holds classes: it has probabilities, or predictions that are no numbers. */
export async function holdsClasses({ connection, table, prediction, probabilities }: ScoredTable): Promise<boolean> {
  if (probabilities.size > 0) return true
  const described = await connection.runAndReadAll(`select typeof(${sqlName(prediction)}) from ${table} limit 1`)
  return described.currentRowCount > 0 && /^(VARCHAR|BOOLEAN)/.test(String(described.value(0, 0)))
}

/** Reads classes; those of `classes` have their codes, others follow. `others` are read of the same rows, as SQL. */
export async function readClasses(
  scored: ScoredTable,
  classes: readonly string[] = [],
  others: readonly string[] = [],
): Promise<ScoredClasses> {
  const { connection, table, prediction, truth, probabilities } = scored
  const names = [...probabilities.values()].map((name) => `${sqlName(name)}::double`)
  const labels = await labelsSql(scored, [truth, prediction])
  const read = await connection.runAndReadAll(`select ${[...labels, ...names, ...others].join(', ')} from ${table}`)
  const [truths = [], answers = [], ...rest] = read.getColumns()
  const given = rest.slice(0, names.length)
  // Codes without gaps, in the order of the names where nothing else says.
  const known = [...new Set([...classes, ...probabilities.keys(), ...sorted(truths), ...sorted(answers)])]
  const codeOf = new Map(known.map((name, code) => [name, code]))
  const toCodes = (values: readonly unknown[]) =>
    Int32Array.from(values, (value) => (value === null ? -1 : (codeOf.get(String(value)) ?? -1)))
  const columns = new Map([...probabilities.keys()].map((name, index) => [name, given[index] ?? []]))
  const isComplete = probabilities.size > 0 && known.every((name) => columns.has(name))
  return {
    kind: 'classes',
    classes: known,
    truth: toCodes(truths),
    predicted: toCodes(answers),
    probabilities: isComplete ? known.map((name) => toNumbers(columns.get(name) ?? [])) : null,
    others: rest.slice(names.length),
  }
}

/** Classes spelt alike, whatever holds them. */
async function labelsSql({ connection, table }: ScoredTable, names: readonly string[]): Promise<readonly string[]> {
  const described = await connection.runAndReadAll(`describe select ${names.map(sqlName).join(', ')} from ${table}`)
  const [, types = []] = described.getColumns()
  return names.map((name, index) => labelSql({ name, family: familyOf(String(types[index])) }))
}

const sorted = (values: readonly unknown[]) =>
  [...new Set(values.flatMap((value) => (value === null ? [] : [String(value)])))].sort()

export async function readNumbersOf(
  { connection, table, prediction, truth }: ScoredTable,
  beside: readonly string[] = [],
): Promise<ScoredNumbers> {
  const numbersSql = [truth, prediction].map((name) => `try_cast(${sqlName(name)} as double)`)
  const read = await connection.runAndReadAll(`select ${[...numbersSql, ...beside].join(', ')} from ${table}`)
  const [truths = [], answers = [], ...others] = read.getColumns()
  return { kind: 'numbers', truth: toNumbers(truths), predicted: toNumbers(answers), others }
}

const toNumbers = (values: readonly unknown[]) =>
  Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)))
