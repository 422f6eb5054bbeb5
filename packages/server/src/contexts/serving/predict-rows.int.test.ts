import type { FeatureSpec, ModelSignature } from '@fabrique/contract'
import {
  defaultPipeline,
  encodeLabels,
  estimatorNamed,
  exportPipeline,
  type FittedPipeline,
  fitPipeline,
  predictPipeline,
  summarizeColumns,
  type Table,
  type TableColumn,
  table,
  takeTableRows,
  textColumn,
} from '@fabrique/ml'
import { describe, expect, test } from 'vitest'
import { onnxFile } from '../../../test/support/onnx-file.js'
import { parseFeatures } from './parse-features.js'
import { rowPredictor } from './predict-rows.js'
import { openOnnxRuntime } from './runtime/onnx-runtime.js'

const rowCount = 240

/** A file as `/predict` asks it. */
async function loadOnnxModel(content: Uint8Array, signature: ModelSignature) {
  const clock = { now: () => new Date(0), monotonicMs: () => 0 }
  const runtime = await openOnnxRuntime({ file: { content }, threads: 1, clock, observer: { executed: () => {} } })
  const predictor = rowPredictor(runtime, signature)
  return { predict: predictor.predict, release: () => runtime.release() }
}

const numbers = (of: (row: number) => number) => Float64Array.from({ length: rowCount }, (_, row) => of(row))

/** Columns of every kind, with gaps. */
const columns = {
  size: { kind: 'number', name: 'size', values: numbers((row) => (row % 11 === 0 ? Number.NaN : Math.sin(row))) },
  visits: { kind: 'number', name: 'visits', values: numbers((row) => row % 7) },
  town: textColumn(
    'town',
    Array.from({ length: rowCount }, (_, row) => (row % 13 === 0 ? null : (['Nice', 'Lyon', 'Metz'][row % 3] ?? null))),
  ),
  since: {
    kind: 'time',
    name: 'since',
    values: numbers((row) => (row % 9 === 0 ? Number.NaN : Date.UTC(2023, 0, 1 + row, row % 24))),
  },
} as const satisfies Record<string, TableColumn>

type Name = keyof typeof columns

const types = { number: 'number', text: 'text', time: 'timestamp' } as const

const specs = (names: readonly Name[]): FeatureSpec[] =>
  names.map((name) => ({ name, type: types[columns[name].kind], nullable: true, takes_unseen: true }))

async function fit(
  kind: string,
  rows: Table,
  target: Parameters<typeof fitPipeline>[1]['target'],
): Promise<FittedPipeline> {
  const estimator = estimatorNamed(kind)
  if (estimator === undefined) throw new Error(`There is no ${kind}`)
  const { definition } = defaultPipeline(summarizeColumns(rows), estimator)
  return fitPipeline(definition, { table: rows, target } as never, estimatorNamed)
}

/** A row as a request has it. */
function rowAt(rows: Table, row: number): Record<string, unknown> {
  return Object.fromEntries(
    rows.columns.map((column) => {
      if (column.kind === 'text') return [column.name, column.categories[column.codes[row] ?? -1] ?? null]
      const value = column.values[row] ?? Number.NaN
      if (Number.isNaN(value)) return [column.name, null]
      return [column.name, column.kind === 'time' ? new Date(value).toISOString() : value]
    }),
  )
}

/** What a request for every row gets. */
async function ask(pipeline: FittedPipeline, rows: Table, signature: ModelSignature) {
  const model = await loadOnnxModel(exportPipeline(pipeline, estimatorNamed), signature)
  try {
    const features = Array.from({ length: rows.rowCount }, (_, row) => rowAt(rows, row))
    const parsed = parseFeatures({ features }, { model: 'm', signature })
    return await model.predict(parsed)
  } finally {
    await model.release()
  }
}

describe('a served regression', () => {
  const y = numbers((row) => Math.sin(row) + (row % 3) * 2 + (row % 7))

  test.each<[kind: string, names: readonly Name[]]>([
    ['ridge', ['size', 'visits', 'town', 'since']],
    ['hist_gradient_boosting_regressor', ['size', 'visits', 'town', 'since']],
    ['ridge', ['visits']],
    ['ridge', ['town']],
    ['hist_gradient_boosting_regressor', ['since']],
  ])('%s of %s answers each row as the trainer does', async (kind, names) => {
    const rows = table(names.map((name) => columns[name]))
    const pipeline = await fit(kind, rows, { kind: 'values', values: y })
    const signature: ModelSignature = {
      task: 'regression',
      features: specs(names),
      target: { name: 'y', classes: [] },
      example: {},
    }
    const answers = await ask(pipeline, rows, signature)
    const expected = predictPipeline(pipeline, rows, estimatorNamed)
    if (expected.kind !== 'values') throw new Error('No regression')
    expect(answers).toHaveLength(rowCount)
    for (const [row, answer] of answers.entries()) {
      expect(Object.keys(answer)).toEqual(['prediction'])
      expect(answer.prediction).toBeCloseTo(expected.values[row] ?? Number.NaN, 4)
    }
  })

  test('an answer that is no number is an error of that row', async () => {
    const rows = table([columns.visits])
    const doubled = numbers((row) => (row % 7) * 1e3)
    const pipeline = await fit('linear_regression', rows, { kind: 'values', values: doubled })
    const signature: ModelSignature = {
      task: 'regression',
      features: specs(['visits']),
      target: { name: 'y', classes: [] },
      example: {},
    }
    const model = await loadOnnxModel(exportPipeline(pipeline, estimatorNamed), signature)
    const predicted = model.predict({ columns: [new Float32Array([1, 3.4e38])], rowCount: 2 })
    await expect(predicted).rejects.toMatchObject({ code: 'prediction_not_finite', params: { row: 1 } })
    await model.release()
  })
})

describe('whole numbers of a model that was made elsewhere', () => {
  async function ask(datatype: 'INT32' | 'INT64' | 'BOOL', values: readonly number[]) {
    const signature: ModelSignature = {
      task: 'regression',
      features: [{ name: 'x', type: 'integer', nullable: true }],
      target: { name: 'y', classes: [] },
      example: {},
    }
    const file = onnxFile({
      inputs: [{ name: 'x', datatype, shape: ['N'] }],
      outputs: [{ name: 'y', datatype: 'FP64', shape: ['N'] }],
      nodes: [{ operator: 'Cast', inputs: ['x'], outputs: ['y'], ints: { to: 11 } }],
    })
    const model = await loadOnnxModel(file, signature)
    try {
      return await model.predict({ columns: [Float64Array.from(values)], rowCount: values.length })
    } finally {
      await model.release()
    }
  }

  test.each([
    ['INT32', [2 ** 31 - 1, -(2 ** 31)], [3e9, Number.NaN, 1.5]],
    ['INT64', [Number.MAX_SAFE_INTEGER, -5], [Number.NaN, 1.5]],
    ['BOOL', [0, 1], [2, Number.NaN]],
  ] as const)('%s are computed as they are, or refused', async (datatype, taken, refused) => {
    expect(await ask(datatype, taken)).toEqual(taken.map((prediction) => ({ prediction })))
    for (const value of refused) {
      await expect(ask(datatype, [taken[0], value])).rejects.toMatchObject({
        code: 'feature_value_wrong',
        params: { feature: 'x', row: 1 },
      })
    }
  })
})

describe('a served classification', () => {
  const odd = ['0', '__proto__', 'a/b: “c” "d"', 'é 😀 \u2028']

  test.each<[kind: string, key: 'probabilities' | 'scores', classes: readonly string[]]>([
    ['logistic_regression', 'probabilities', odd],
    ['logistic_regression', 'probabilities', ['no', 'yes']],
    ['hist_gradient_boosting_classifier', 'probabilities', ['false', 'true']],
    ['linear_svc', 'scores', odd],
    ['linear_svc', 'scores', ['0', '1']],
  ])('%s has %s of the classes %j', async (kind, key, classes) => {
    const rows = takeTableRows(
      table([columns.size, columns.visits, columns.town]),
      Int32Array.from({ length: 120 }, (_, row) => row),
    )
    const labels = encodeLabels(
      Array.from({ length: rows.rowCount }, (_, row) => classes[(row % 7) % classes.length] ?? ''),
    )
    const pipeline = await fit(kind, rows, { kind: 'classes', labels })
    const signature: ModelSignature = {
      task: 'classification',
      features: specs(['size', 'visits', 'town']),
      target: { name: 'label', classes: [...labels.classes] },
      example: {},
    }
    const answers = await ask(pipeline, rows, signature)
    const expected = predictPipeline(pipeline, rows, estimatorNamed)
    if (expected.kind !== 'classes') throw new Error('No classification')
    for (const [row, answer] of answers.entries()) {
      expect(answer.prediction).toBe(labels.classes[expected.codes[row] ?? -1])
      const values = new Map(Object.entries(Reflect.get(answer, key)))
      expect([...values.keys()].sort()).toEqual([...labels.classes].sort())
      for (const [code, name] of labels.classes.entries()) {
        expect(values.get(name)).toBeCloseTo(expected[key]?.[code]?.[row] ?? Number.NaN, 4)
      }
      expect(JSON.parse(JSON.stringify(answer))[key]).toEqual(Object.fromEntries(values))
    }
  })

  test('a file that lacks what the signature names is refused with both', async () => {
    const rows = table([columns.visits, columns.size])
    const labels = encodeLabels(Array.from({ length: rowCount }, (_, row) => (row % 7 < 3 ? 'few' : 'many')))
    const file = exportPipeline(await fit('logistic_regression', rows, { kind: 'classes', labels }), estimatorNamed)
    const signature: ModelSignature = {
      task: 'classification',
      features: specs(['visits', 'size']),
      target: { name: 'label', classes: ['few', 'none'] },
      example: {},
    }
    await expect(loadOnnxModel(file, signature)).rejects.toThrow(
      'The file has no output probability_none; it has label, probability_few, probability_many',
    )
    const number: ModelSignature = { ...signature, task: 'regression', target: { name: 'label', classes: [] } }
    await expect(loadOnnxModel(file, number)).rejects.toThrow('The file has no output prediction')
    const other: ModelSignature = { ...signature, features: specs(['visits', 'town']) }
    await expect(loadOnnxModel(file, other)).rejects.toThrow('The file has no input town; it has visits, size')
  })
})
