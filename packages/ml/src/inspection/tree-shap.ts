import { setImmediate as nextTurn } from 'node:timers/promises'
import { float32At, float64At, int32At, itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { goesLeft } from '../trees/goes-left.js'
import type { TreeEnsemble } from '../trees/tree-ensemble.js'
import { createShapPath, type ShapPath } from './shap-path.js'

/** What each feature adds to a prediction. For every row and output, `expected` and the contributions add up to what the trees say. */
export interface TreeContributions {
  /** By output: what the trees say on average over their training rows. */
  readonly expected: Float64Array
  /** By output, then by feature: the contribution for each row. */
  readonly contributions: readonly (readonly Float64Array[])[]
}

/** Nodes visited times depth, after which other work of the thread has its turn. */
const stepWork = 5_000_000

/**
 * Exact Shapley values of trees (Lundberg, Erion and Lee 2018, algorithm 2), with the trees' own covers as the distribution of features
 * that are left out. Of a classifying forest they explain its probabilities, of boosting its raw scores. The time for a row is that of
 * all leaves times the square of the depth.
 * @param columns by feature, float32; a missing value is NaN
 * @throws MlError `length_mismatch` or `training_aborted`
 */
export async function treeShap(
  ensemble: TreeEnsemble,
  columns: readonly Float32Array[],
  signal?: AbortSignal,
): Promise<TreeContributions> {
  if (columns.length !== ensemble.featureCount) {
    throw new MlError(
      'length_mismatch',
      `${columns.length} features are given, but the trees have ${ensemble.featureCount}: give each once`,
      { value: columns.length },
    )
  }
  const rowCount = columns[0]?.length ?? 0
  const explain = rowExplainer(ensemble)
  const row = new Float32Array(ensemble.featureCount)
  const sums = new Float64Array(ensemble.featureCount * ensemble.outputCount)
  const contributions = Array.from({ length: ensemble.outputCount }, () =>
    columns.map(() => new Float64Array(rowCount)),
  )
  const rowsPerStep = Math.ceil(stepWork / (1 + ensemble.featureIds.length * 10))
  for (let index = 0; index < rowCount; index++) {
    if (index % rowsPerStep === 0) await nextTurn()
    if (signal?.aborted) {
      throw new MlError('training_aborted', 'The explanation was stopped before it was complete', {
        cause: signal.reason,
      })
    }
    for (const [feature, values] of columns.entries()) row[feature] = float32At(values, index)
    explain(row, sums)
    for (const [output, byFeature] of contributions.entries()) {
      for (const [feature, values] of byFeature.entries()) {
        values[index] = float64At(sums, output * ensemble.featureCount + feature)
      }
    }
  }
  return { expected: expectedOutputs(ensemble), contributions }
}

/** By output: the mean of the leaves, weighted by the training rows in them. */
export function expectedOutputs(ensemble: TreeEnsemble): Float64Array {
  const { roots, featureIds, covers, valueStarts, valueOutputs, values } = ensemble
  const expected = ensemble.base.slice()
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    const whole = float64At(covers, int32At(roots, tree))
    for (let node = int32At(roots, tree); node < int32At(roots, tree + 1); node++) {
      if (int32At(featureIds, node) >= 0) continue
      const share = float64At(covers, node) / whole
      for (let index = int32At(valueStarts, node); index < int32At(valueStarts, node + 1); index++) {
        const output = int32At(valueOutputs, index)
        expected[output] = float64At(expected, output) + share * float64At(values, index)
      }
    }
  }
  return expected
}

/** A function that writes the contributions to one row, `sums[output * featureCount + feature]`. */
export function rowExplainer(ensemble: TreeEnsemble): (row: Float32Array, sums: Float64Array) => void {
  const { roots, featureIds, leftChildren, rightChildren, covers, featureCount } = ensemble
  const paths = Array.from({ length: depthOf(ensemble) + 2 }, (_, depth) => createShapPath(depth + 1))

  function visit(
    node: number,
    depth: number,
    visitor: { readonly row: Float32Array; readonly sums: Float64Array },
  ): void {
    const path = itemAt(paths, depth)
    const feature = int32At(featureIds, node)
    if (feature < 0) {
      addLeaf(path, node, visitor.sums)
      return
    }
    const [left, right] = [int32At(leftChildren, node), int32At(rightChildren, node)]
    const [hot, cold] = goesLeft(ensemble, node, visitor.row) ? [left, right] : [right, left]
    // A feature that the path already splits on is taken back first: it counts once, with both splits together.
    const earlier = path.find(feature)
    const zero = earlier < 0 ? 1 : path.zeroShare(earlier)
    const one = earlier < 0 ? 1 : path.oneShare(earlier)
    const cover = float64At(covers, node)
    const below = itemAt(paths, depth + 1)
    for (const child of [hot, cold]) {
      below.copy(path)
      if (earlier >= 0) below.unwind(earlier)
      below.extend(feature, (zero * float64At(covers, child)) / cover, child === hot ? one : 0)
      visit(child, depth + 1, visitor)
    }
  }

  function addLeaf(path: ShapPath, node: number, sums: Float64Array): void {
    const { valueStarts, valueOutputs, values } = ensemble
    for (let place = 1; place < path.length(); place++) {
      const weight = path.unwoundSum(place) * (path.oneShare(place) - path.zeroShare(place))
      for (let index = int32At(valueStarts, node); index < int32At(valueStarts, node + 1); index++) {
        const cell = int32At(valueOutputs, index) * featureCount + path.feature(place)
        sums[cell] = float64At(sums, cell) + weight * float64At(values, index)
      }
    }
  }

  return (row, sums) => {
    sums.fill(0)
    const root = itemAt(paths, 0)
    for (let tree = 0; tree + 1 < roots.length; tree++) {
      root.clear()
      root.extend(-1, 1, 1)
      visit(int32At(roots, tree), 0, { row, sums })
    }
  }
}

/** Splits on the longest path. */
function depthOf({ roots, featureIds, leftChildren, rightChildren }: TreeEnsemble): number {
  let deepest = 0
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    const pending: [number, number][] = [[int32At(roots, tree), 0]]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [node, depth] = next
      deepest = Math.max(deepest, depth)
      if (int32At(featureIds, node) < 0) continue
      pending.push([int32At(leftChildren, node), depth + 1], [int32At(rightChildren, node), depth + 1])
    }
  }
  return deepest
}
