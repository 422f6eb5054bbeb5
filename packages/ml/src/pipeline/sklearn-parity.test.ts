import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { itemAt } from '../data/element.js'
import { type TableColumn, takeTableRows, textColumn } from '../data/table.js'
import type { EstimatorTask, TargetOf } from '../estimators/estimator.js'
import type { FittedSelection } from '../preprocessing/select-k-best.js'
import { denseColumns, flowNames } from './flow.js'
import type { Flow } from './pipeline.js'
import { transformerOf } from './transformers.js'

type Matrix = readonly (readonly (number | null)[])[]
type Shown =
  | Matrix
  | { readonly shape: readonly [number, number]; readonly entries: readonly [number, number, number][] }

interface Case {
  readonly kind: string
  readonly params: Readonly<Record<string, unknown>>
  readonly columns: string
  readonly target: 'number' | 'pair' | 'three' | null
  readonly output?: Shown
  readonly training?: Shown
  readonly terms?: readonly string[]
  readonly scores?: readonly number[]
  /** False where the direction of a component is free. */
  readonly signs?: boolean
}

interface Fixture {
  readonly trained: number
  readonly full: Matrix
  readonly holes: Matrix
  readonly cities: readonly string[]
  readonly sizes: readonly string[]
  readonly texts: readonly string[]
  readonly number: readonly number[]
  readonly pair: readonly number[]
  readonly three: readonly number[]
  readonly cases: readonly Case[]
}

// Written by test/conformance/ml_parity/preprocessing.py with the versions that stand in it.
const fixture: Fixture = JSON.parse(
  readFileSync(new URL('../../test/parity/preprocessing.json', import.meta.url), 'utf8'),
)

function numbers(matrix: Matrix, names: string): TableColumn[] {
  return Array.from(names, (name) => {
    const values = Float64Array.from(matrix, (row) => row['abcd'.indexOf(name)] ?? Number.NaN)
    return { kind: 'number', name, values }
  })
}

const inputs: Readonly<Record<string, () => TableColumn[]>> = {
  full: () => numbers(fixture.full, 'abcd'),
  full3: () => numbers(fixture.full, 'abc'),
  holes: () => numbers(fixture.holes, 'abcd'),
  holes3: () => numbers(fixture.holes, 'abc'),
  ab: () => numbers(fixture.full, 'ab'),
  b: () => numbers(fixture.full, 'b'),
  bc: () => numbers(fixture.full, 'bc'),
  categories: () => [textColumn('city', fixture.cities), textColumn('size', fixture.sizes)],
  text: () => [textColumn('text', fixture.texts)],
}

function trained(columns: readonly TableColumn[]): readonly TableColumn[] {
  const rows = Int32Array.from({ length: fixture.trained }, (_, row) => row)
  return takeTableRows({ columns, rowCount: fixture.texts.length }, rows).columns
}

function targetOf(name: Case['target']): TargetOf[EstimatorTask] {
  if (name === null) return null
  if (name === 'number') return { kind: 'values', values: Float64Array.from(fixture.number.slice(0, fixture.trained)) }
  const codes = Int32Array.from(fixture[name].slice(0, fixture.trained))
  return {
    kind: 'classes',
    labels: { kind: 'class_labels', codes, classes: name === 'pair' ? ['0', '1'] : ['0', '1', '2'] },
  }
}

function spread(shown: Shown): Matrix {
  if (!('shape' in shown)) return shown
  const [rowCount, columnCount] = shown.shape
  const rows = Array.from({ length: rowCount }, () => new Array<number>(columnCount).fill(0))
  for (const [row, column, value] of shown.entries) itemAt(rows, row)[column] = value
  return rows
}

/** Greatest difference from the expected rows, relative to values above 1. */
function difference(output: Flow, expected: Matrix, hasSigns: boolean): number {
  const columns = denseColumns(output, 'test')
  expect(columns.length).toBe(expected[0]?.length)
  expect(columns[0]?.values.length).toBe(expected.length)
  const distances = columns.map(({ values }, index) => {
    const from = (sign: number) => {
      const each = expected.map((row, at) => {
        const [wanted, own] = [row[index] ?? Number.NaN, sign * itemAt(values, at)]
        if (Number.isNaN(wanted) || Number.isNaN(own)) return Number.isNaN(wanted) === Number.isNaN(own) ? 0 : Infinity
        return Math.abs(own - wanted) / Math.max(1, Math.abs(wanted))
      })
      return Math.max(...each)
    }
    return hasSigns ? from(1) : Math.min(from(1), from(-1))
  })
  return Math.max(...distances)
}

test.each(fixture.cases.map((one, index) => ({ ...one, title: `${index} ${one.kind} ${JSON.stringify(one.params)}` })))(
  'as in scikit-learn: $title on $columns for $target',
  async (one) => {
    const transformer = transformerOf(one.kind)
    const columns = inputs[one.columns]?.()
    if (transformer === undefined || columns === undefined)
      throw new Error(`the fixture names ${one.kind}, ${one.columns}`)
    const input = { input: trained(columns), target: targetOf(one.target), parameters: one.params }
    const fitted = await transformer.fit(input)
    if (one.scores !== undefined) {
      const { scores } = fitted as FittedSelection
      for (const [index, score] of one.scores.entries()) expect((scores[index] ?? 0) / score).toBeCloseTo(1, 6)
    }
    const output = transformer.transform(fitted, columns)
    if (one.terms !== undefined) expect(flowNames(output)).toEqual(one.terms.map((term) => `text_${term}`))
    if (one.output !== undefined) expect(difference(output, spread(one.output), one.signs ?? true)).toBeLessThan(1e-6)
    if (one.training === undefined) return
    const crossed = await transformer.fitTransform?.(input)
    expect(difference(crossed?.output ?? [], spread(one.training), true)).toBeLessThan(1e-6)
  },
)
