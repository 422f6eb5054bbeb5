import { expect, test } from 'vitest'
import type { ForestTask } from './forest-task.js'
import { createLocalBins } from './local-bins.js'

test('rows of a table of more bins than 2^31 are copied from where they stand', () => {
  const [rowCount, featureCount] = [3_000_000, 800]
  // Memory that nobody writes to is not taken.
  const binsByRow = new Uint8Array(rowCount * featureCount)
  const rows = Int32Array.from({ length: 100 }, (_, index) => rowCount - 100 + index)
  const feature = 417
  for (const row of rows) binsByRow[row * featureCount + feature] = row % 251
  const task: ForestTask = {
    rowCount,
    bins: new Uint8Array(),
    binsByRow,
    columns: Array.from({ length: featureCount }, () => ({
      lower: new Float32Array(),
      upper: new Float32Array(),
      hasMissing: false,
    })),
    draws: null,
    rowWeights: null,
    target: { kind: 'values', values: new Float64Array(), leafUnit: 1 },
    settings: {
      seed: 0,
      entropy: false,
      randomSplits: false,
      maxDepth: Infinity,
      minRowsSplit: 2,
      minRowsLeaf: 1,
      minWeightShareLeaf: 0,
      featuresPerSplit: featureCount,
      maxLeaves: Infinity,
      minImpurityDecrease: 0,
      leafUnits: 1,
    },
  }
  const local = createLocalBins(task)
  const expected = Array.from(rows, (row) => row % 251)
  expect(local.narrow(0, rows, { start: 0, end: 100 })).toBeGreaterThan(0)
  const start = feature * local.view.stride
  expect(Array.from(local.view.bins.subarray(start, start + 100))).toEqual(expected)
})
