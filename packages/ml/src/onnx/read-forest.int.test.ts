import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { exportForest, fitForest } from '../../test/fit-forest.js'
import { generatedSet } from '../../test/generated-set.js'
import type { DesignMatrix } from '../data/design-matrix.js'
import { randomForestRegressor } from '../forest/forest-estimators.js'
import { exportEstimator } from './export-estimator.js'
import { readFields } from './protobuf-reader.js'
import { type ForestFile, readForest } from './read-forest.js'

function present(forest: ForestFile | undefined): ForestFile {
  if (forest === undefined) throw new Error('The file is not read as trees alone')
  return forest
}

/** What the runtime says of columns, in the order of the outputs of `forest`. */
async function askRuntime(file: Uint8Array, forest: ForestFile, columns: readonly Float32Array[]) {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1 })
  const rows = columns[0]?.length ?? 0
  const feeds = forest.inputs.map((name, index) => [name, new Tensor('float32', columns[index] ?? [], [rows])])
  const found = await session.run(Object.fromEntries(feeds))
  return forest.outputs.map((name) => found[name]?.data)
}

const asBits = (data: unknown) => (data instanceof Float32Array ? new Uint32Array(data.slice().buffer) : data)

async function expectSame(file: Uint8Array, matrix: DesignMatrix): Promise<void> {
  const forest = present(readForest(file))
  const given = matrix.columns.map(({ values }) => Float32Array.from(values))
  for (const columns of [forest.probe(2000), given, given.map((column) => column.subarray(0, 1))]) {
    const mine = forest.compute(columns, columns[0]?.length ?? 0)
    expect(mine.map(asBits)).toEqual((await askRuntime(file, forest, columns)).map(asBits))
  }
}

describe('trees of a file say to the bit what the runtime says of it', () => {
  test.each([2, 5])('a forest of %i classes', async (classCount) => {
    const set = generatedSet({ rowCount: 800, featureCount: 6, classCount, seed: 3 })
    const model = await fitForest({ ...set, parameters: { nEstimators: 60, minSamplesLeaf: 2 } })
    await expectSame(exportForest(model), set.matrix)
  })

  test('a forest of numbers', async () => {
    const { matrix } = generatedSet({ rowCount: 500, featureCount: 4, classCount: 2, seed: 8 })
    const values = Float64Array.from({ length: 500 }, (_, row) => Math.sin(row) * 1e3 + row)
    const model = await randomForestRegressor.fit({
      features: matrix,
      target: { kind: 'values', values },
      parameters: { nEstimators: 30 },
    } as never)
    await expectSame(exportEstimator(randomForestRegressor, model), matrix)
  })
})

describe('no trees alone', () => {
  test('is a file whose splits are others', async () => {
    const set = generatedSet({ rowCount: 200, featureCount: 3, classCount: 2, seed: 5 })
    const file = exportForest(await fitForest({ ...set, parameters: { nEstimators: 3 } }))
    expect(readForest(file)).toBeDefined()
    const others = [
      ['BRANCH_LEQ', 'BRANCH_LTE'],
      ['ArgMax', 'ArgMin'],
      ['Unsqueeze', 'Unsqueeze'.replace('z', 's')],
      ['SUM', 'MAX'],
    ]
    for (const [before = '', after = ''] of others) {
      const changed = Buffer.from(Buffer.from(file).toString('latin1').replaceAll(before, after), 'latin1')
      expect(readFields(changed).length).toBeGreaterThan(0)
      expect(readForest(changed), after).toBeUndefined()
    }
  })
})
