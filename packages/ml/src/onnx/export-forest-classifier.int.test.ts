import { readFileSync } from 'node:fs'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { columnShape } from '../../test/column-shape.js'
import { exportForest, fitForest } from '../../test/fit-forest.js'
import { nextDown, nextUp } from '../../test/float32-neighbours.js'
import { generatedSet } from '../../test/generated-set.js'
import { classLabels, encodeLabels } from '../data/class-labels.js'
import {
  type DesignMatrix,
  designMatrix,
  designMatrixFromRows,
  numericColumn,
  takeRows,
} from '../data/design-matrix.js'
import type { ForestClassifier } from '../forest/forest-classifier.js'
import { predictForestClassifier } from '../forest/predict-forest-classifier.js'

interface Outcome {
  readonly labels: readonly (string | undefined)[]
  /** As bits, so that nothing counts as almost equal. */
  readonly probabilities: readonly Uint32Array[]
}

function bits(values: Float32Array): Uint32Array {
  return new Uint32Array(values.slice().buffer)
}

function predictHere(model: ForestClassifier, matrix: DesignMatrix): Outcome {
  const { codes, probabilities } = predictForestClassifier(model, matrix)
  return { labels: Array.from(codes, (code) => model.classes[code]), probabilities: probabilities.map(bits) }
}

async function predictThere(session: InferenceSession, matrix: DesignMatrix): Promise<Outcome> {
  const shape = columnShape(matrix.rowCount, matrix.columns.length)
  const feeds = matrix.columns.map(({ name, values }) => [name, new Tensor('float32', values, shape)])
  const outputs = await session.run(Object.fromEntries(feeds))
  const [label, ...probabilities] = session.outputNames
  for (const name of session.outputNames) expect(outputs[name]?.dims).toEqual([matrix.rowCount])
  return {
    labels: [...((outputs[label ?? '']?.data ?? []) as string[])],
    probabilities: probabilities.map((name) => bits(outputs[name]?.data as Float32Array)),
  }
}

async function load(model: ForestClassifier, threads = 0): Promise<InferenceSession> {
  return InferenceSession.create(exportForest(model), { intraOpNumThreads: threads })
}

/** All rows at once, with one thread too, and each of some rows alone. */
async function expectEqual(model: ForestClassifier, matrix: DesignMatrix): Promise<void> {
  const expected = predictHere(model, matrix)
  const session = await load(model)
  expect(await predictThere(session, matrix)).toEqual(expected)
  expect(await predictThere(await load(model, 1), matrix)).toEqual(expected)
  for (let row = 0; row < Math.min(matrix.rowCount, 150); row++) {
    expect(await predictThere(session, takeRows(matrix, Int32Array.of(row)))).toEqual({
      labels: [expected.labels[row]],
      probabilities: expected.probabilities.map((column) => column.slice(row, row + 1)),
    })
  }
}

/** Rows that meet thresholds: each of some thresholds, the floats next to it, and huge, tiny and missing values. */
function edgeRows(model: ForestClassifier): DesignMatrix {
  const featureCount = model.featureNames.length
  const rows: number[][] = []
  const base = new Array<number>(featureCount).fill(0)
  for (let node = 0; node < model.featureIds.length && rows.length < 3000; node++) {
    const feature = model.featureIds[node] ?? -1
    if (feature < 0) continue
    const threshold = model.thresholds[node] ?? 0
    base[feature] = threshold
    for (const value of [threshold, nextUp(threshold), nextDown(threshold)]) rows.push(base.with(feature, value))
  }
  for (const value of [3.4028234663852886e38, 2 ** -149, 0, -0, Infinity, Number.NaN]) {
    rows.push(new Array<number>(featureCount).fill(value), new Array<number>(featureCount).fill(-value))
  }
  return designMatrixFromRows(model.featureNames, rows)
}

describe('onnxruntime gives the bits of the trainer', () => {
  const lines = readFileSync(new URL('../../../../examples/iris/data/iris.csv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const [header = [], ...records] = lines.map((line) => line.trim().split(','))
  const iris = {
    matrix: designMatrixFromRows(
      header.slice(0, 4),
      records.map((record) => record.slice(0, 4).map(Number)),
    ),
    labels: encodeLabels(records.map((record) => record[4] ?? '')),
  }

  test('iris', async () => {
    const model = await fitForest(iris)
    await expectEqual(model, iris.matrix)
    await expectEqual(model, edgeRows(model))
  })

  test.each([1, 3, 128, 300])('iris with %i trees', async (nEstimators) => {
    const parameters = { nEstimators, maxDepth: 2, classWeight: 'balanced' }
    const model = await fitForest({ ...iris, parameters })
    await expectEqual(model, iris.matrix)
  })

  test('two classes', async () => {
    const set = generatedSet({ rowCount: 3000, featureCount: 5, classCount: 2, seed: 31 })
    const model = await fitForest({ ...set, parameters: { minSamplesLeaf: 3 } })
    await expectEqual(model, set.matrix)
    await expectEqual(model, edgeRows(model))
  })

  test('many classes, one of them without rows, and one feature', async () => {
    const codes = Int32Array.from({ length: 600 }, (_, row) => (row * 7) % 29)
    const matrix = designMatrix([
      numericColumn(
        'x',
        codes.map((code, row) => code * 3 + (row % 5)),
      ),
    ])
    const classes = Array.from({ length: 30 }, (_, code) => `${code}`)
    const model = await fitForest({ matrix, labels: classLabels(codes, classes) })
    await expectEqual(model, matrix)
  })

  test('trees that are a single leaf', async () => {
    const matrix = designMatrix([numericColumn('constant', [1, 1, 1])])
    const labels = classLabels(Int32Array.of(0, 1, 1), ['a', 'b'])
    const model = await fitForest({ matrix, labels, parameters: { nEstimators: 10 } })
    await expectEqual(model, matrix)
  })
})

describe('the file', () => {
  test('has an input per feature and 1-D outputs, label first', async () => {
    const matrix = designMatrix([
      numericColumn('größe 🌍', [1, 2]),
      numericColumn('concat', [1, 2]),
      numericColumn('classes', [2, 1]),
    ])
    const labels = classLabels(Int32Array.of(0, 1), ['ja, "gewiss"', '不'])
    const model = await fitForest({ matrix, labels, parameters: { bootstrap: false } })
    const session = await load(model)
    const expected = { isTensor: true, shape: ['N'] }
    expect(session.inputMetadata).toEqual(
      ['größe 🌍', 'concat', 'classes'].map((name) => ({ name, type: 'float32', ...expected })),
    )
    expect(session.outputMetadata).toEqual([
      { name: 'label', type: 'string', ...expected },
      { name: 'probability_ja, "gewiss"', type: 'float32', ...expected },
      { name: 'probability_不', type: 'float32', ...expected },
    ])
    await expectEqual(model, matrix)
  })

  test('carries task, signature and the metadata of the caller', async () => {
    const labels = classLabels(Int32Array.of(0, 1), ['a', 'b'])
    const model = await fitForest({ matrix: designMatrix([numericColumn('x', [1, 2])]), labels })
    const bytes = exportForest(model, { target: 'y', metadata: { 'fabrique.run_id': 'r1' } })
    const text = Buffer.from(bytes).toString('latin1')
    expect(text).toContain('{"features":[{"name":"x","type":"float32"}],"classes":["a","b"],"target":"y"}')
    for (const part of ['fabrique.task', 'classification', 'fabrique.run_id']) expect(text).toContain(part)
  })
})
