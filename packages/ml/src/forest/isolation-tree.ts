import { float32At, int32At, itemAt } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import type { GrownTree } from './forest-task.js'
import { averagePathLength } from './path-length.js'

/** What is needed to grow one isolation tree. */
export interface IsolationSample {
  readonly columns: readonly Float32Array[]
  /** Features that the tree may split on. */
  readonly features: Int32Array
  /** Rows of the tree; they are put into another order. */
  readonly rows: Int32Array
  readonly maxDepth: number
}

/** A tree whose leaves say how long the path to a row like theirs is. */
export interface IsolationTree extends Omit<GrownTree, 'leaves' | 'importances'> {
  /** By leaf: its depth and what further splits would add on average. */
  readonly pathLengths: Float64Array
}

/**
 * Separates rows by random splits of random features (Liu, Ting and Zhou 2008): at each node a feature in which the rows differ, and a
 * threshold drawn evenly between their smallest and largest value.
 */
export function growIsolationTree(sample: IsolationSample, random: Random): IsolationTree {
  const { columns, features, rows, maxDepth } = sample
  const nodes = { featureIds: [] as number[], thresholds: [] as number[], rightOrLeaf: [] as number[] }
  const pathLengths: number[] = []
  const leafWeights: number[] = []
  const pending = [{ start: 0, end: rows.length, depth: 0, parent: -1 }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { start, end, depth, parent } = next
    const id = nodes.featureIds.length
    if (parent >= 0) nodes.rightOrLeaf[parent] = id
    const split = end - start < 2 || depth >= maxDepth ? null : drawSplit(sample, { start, end }, random)
    nodes.featureIds.push(split?.feature ?? -1)
    nodes.thresholds.push(split?.threshold ?? 0)
    nodes.rightOrLeaf.push(pathLengths.length)
    if (split === null) {
      pathLengths.push(depth + averagePathLength(end - start))
      leafWeights.push(end - start)
      continue
    }
    const middle = partition(
      rows,
      { start, end },
      (row) => float32At(itemAt(columns, split.feature), row) <= split.threshold,
    )
    pending.push(
      { start: middle, end, depth: depth + 1, parent: id },
      { start, end: middle, depth: depth + 1, parent: -1 },
    )
  }
  return {
    featureIds: Int32Array.from(nodes.featureIds),
    thresholds: Float32Array.from(nodes.thresholds),
    rightOrLeaf: Int32Array.from(nodes.rightOrLeaf),
    missingLeft: new Uint8Array(nodes.featureIds.length),
    leafWeights: Float32Array.from(leafWeights),
    pathLengths: Float64Array.from(pathLengths),
  }

  /** Tries features in random order until one differs; null when none does. */
  function drawSplit({ rows: all }: IsolationSample, span: { start: number; end: number }, source: Random) {
    for (let drawn = 0; drawn < features.length; drawn++) {
      const chosen = drawn + source.intBelow(features.length - drawn)
      const feature = int32At(features, chosen)
      features[chosen] = int32At(features, drawn)
      features[drawn] = feature
      const values = itemAt(columns, feature)
      let least = Infinity
      let greatest = -Infinity
      for (let index = span.start; index < span.end; index++) {
        const value = float32At(values, int32At(all, index))
        if (value < least) least = value
        if (value > greatest) greatest = value
      }
      if (least === greatest) continue
      const threshold = Math.fround(least + (greatest - least) * source.float())
      return { feature, threshold: threshold < greatest ? threshold : least }
    }
    return null
  }
}

/** Brings the rows that go left to the front and says where the others begin. */
function partition(
  rows: Int32Array,
  { start, end }: { start: number; end: number },
  goesLeft: (row: number) => boolean,
) {
  let middle = start
  for (let index = start; index < end; index++) {
    const row = int32At(rows, index)
    if (!goesLeft(row)) continue
    rows[index] = int32At(rows, middle)
    rows[middle++] = row
  }
  return middle
}
