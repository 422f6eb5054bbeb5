import { type DesignMatrix, float32Values } from '../data/design-matrix.js'
import { float32At, float64At, int32At } from '../data/element.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { breathe } from './bin-features.js'
import type { ForestClassifier } from './forest-classifier.js'
import type { ForestRegressor } from './forest-regressor.js'
import type { ForestTask } from './forest-task.js'
import { countDraws } from './row-draws.js'
import type { TreeNodes } from './tree-nodes.js'
import { findLeaves } from './walk-trees.js'

interface Bag {
  readonly matrix: DesignMatrix
  readonly task: ForestTask
  readonly signal: AbortSignal | undefined
}

/** Accuracy of the forest on its training rows, each predicted by the trees that did not draw it only. */
export async function outOfBagAccuracy(
  forest: ForestClassifier,
  bag: Bag & { readonly codes: Int32Array },
): Promise<number> {
  const { leafStarts, leafClasses, leafShares, classes } = forest
  const sums = new Float64Array(bag.task.rowCount * classes.length)
  await visitUndrawn(forest, bag, (row, leaf) => {
    for (let share = int32At(leafStarts, leaf); share < int32At(leafStarts, leaf + 1); share++) {
      const cell = row * classes.length + int32At(leafClasses, share)
      sums[cell] = float64At(sums, cell) + float32At(leafShares, share)
    }
  })
  let right = 0
  for (let row = 0; row < bag.task.rowCount; row++) {
    const own = sums.subarray(row * classes.length, (row + 1) * classes.length)
    // A row that every tree drew counts as the first class, as in scikit-learn.
    if (own.indexOf(own.reduce((most, sum) => Math.max(most, sum), 0)) === int32At(bag.codes, row)) right++
  }
  return right / bag.task.rowCount
}

/** R2 of the forest on its training rows, each predicted by the trees that did not draw it only (0 where there is none). */
export async function outOfBagR2(
  forest: ForestRegressor,
  bag: Bag & { readonly values: Float64Array },
): Promise<number> {
  const { rowCount } = bag.task
  const sums = new Float64Array(rowCount)
  const counts = new Int32Array(rowCount)
  await visitUndrawn(forest, bag, (row, leaf) => {
    sums[row] = float64At(sums, row) + float32At(forest.leafValues, leaf) + forest.base
    counts[row] = int32At(counts, row) + 1
  })
  const mean = bag.values.reduce((sum, value) => sum + value, 0) / rowCount
  let error = 0
  let spread = 0
  for (let row = 0; row < rowCount; row++) {
    const value = float64At(bag.values, row)
    error += (value - float64At(sums, row) / Math.max(1, int32At(counts, row))) ** 2
    spread += (value - mean) ** 2
  }
  return spread > 0 ? 1 - error / spread : error > 0 ? 0 : 1
}

/** Draws the sample of each tree once more, and calls back for each row that is not in it with its leaf. */
async function visitUndrawn(
  nodes: TreeNodes,
  { matrix, task, signal }: Bag,
  visit: (row: number, leaf: number) => void,
): Promise<void> {
  const { draws, rowCount, settings } = task
  if (draws === null) return
  const columns = matrix.columns.map(float32Values)
  const counts = new Int32Array(rowCount)
  const leaves = new Int32Array(rowCount)
  for (let tree = 0; tree < nodes.treeCount; tree++) {
    await breathe(signal)
    countDraws(draws, createRandom(deriveSeed(settings.seed, tree)), counts)
    findLeaves(nodes, { root: int32At(nodes.roots, tree), columns }, leaves)
    for (let row = 0; row < rowCount; row++) if (int32At(counts, row) === 0) visit(row, int32At(leaves, row))
  }
}
