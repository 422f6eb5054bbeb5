import { estimatorNamed, fitPipeline, type PipelineDefinition, table, textColumn } from '@fabrique/ml'
import { expect, test } from 'vitest'
import { describeInputs } from './describe-inputs.js'
import { probeInputs } from './probe-inputs.js'

const rowCount = 60
const all = Int32Array.from({ length: rowCount }, (_, row) => row)
const numbers = (of: (row: number) => number) => Float64Array.from({ length: rowCount }, (_, row) => of(row))
const rows = table([
  { kind: 'number', name: 'size', values: numbers((row) => Math.sin(row)) },
  { kind: 'number', name: 'age', values: numbers((row) => row % 7) },
  textColumn(
    'town',
    Array.from({ length: rowCount }, (_, row) => ['Nice', 'Lyon'][row % 2] ?? null),
  ),
  { kind: 'time', name: 'since', values: numbers((row) => Date.UTC(2023, 0, row + 1)) },
])

async function probe(columns: PipelineDefinition['columns'], kind: string) {
  const pipeline = await fitPipeline(
    { columns, features: [], estimator: { kind } },
    { table: rows, target: { kind: 'values', values: numbers((row) => row % 7) } },
    estimatorNamed,
  )
  const inputs = probeInputs(pipeline, describeInputs(rows, pipeline.inputs, all))
  return Object.fromEntries(inputs.map(({ name, nullable, takesUnseen }) => [name, { nullable, takesUnseen }]))
}

test('what an imputer, a category or the estimator fills in may be missing, and the rest may not', async () => {
  const imputed = { columns: ['size'], steps: [{ kind: 'simple_imputer' }] }
  const plain = { columns: ['age'], steps: [] }
  const town = { columns: ['town'], steps: [{ kind: 'one_hot_encoder' }] }
  const since = { columns: ['since'], steps: [{ kind: 'date_parts' }] }
  expect(await probe([imputed, plain, town, since], 'ridge')).toEqual({
    size: { nullable: true },
    age: { nullable: false },
    town: { nullable: true, takesUnseen: true },
    since: { nullable: false },
  })
  expect(await probe([imputed, plain, town, since], 'hist_gradient_boosting_regressor')).toEqual({
    size: { nullable: true },
    age: { nullable: true },
    town: { nullable: true, takesUnseen: true },
    since: { nullable: true },
  })
})

test('a place among the categories is closed to others before an estimator that wants every number', async () => {
  const columns = [
    { columns: ['town'], steps: [{ kind: 'ordinal_encoder' }] },
    { columns: ['age'], steps: [] },
  ]
  expect(await probe(columns, 'ridge')).toEqual({
    town: { nullable: false, takesUnseen: false },
    age: { nullable: false },
  })
})

test('the example is complete where no row is', () => {
  const gaps = table([
    { kind: 'number', name: 'a', values: numbers((row) => (row % 2 === 0 ? Number.NaN : row)) },
    { kind: 'number', name: 'b', values: numbers((row) => (row % 2 === 1 ? Number.NaN : row)) },
    textColumn(
      'c',
      Array.from({ length: rowCount }, (_, row) => (row < 5 ? '' : 'late')),
    ),
  ])
  const inputs = gaps.columns.map(({ name, kind }) => ({ name, column: kind }))
  const described = describeInputs(gaps, inputs, all)
  expect(described.map(({ example }) => example)).toEqual([1, 0, 'late'])
  expect(described[2]).toMatchObject({ values: ['late'] })
})
