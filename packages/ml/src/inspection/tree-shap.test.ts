import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { diabetes, everyThird, iris, takeRows, takeTarget } from '../../test/data-sets.js'
import { float32Values } from '../data/design-matrix.js'
import { forestEnsemble } from '../forest/forest-ensemble.js'
import { extraTreesRegressor, randomForestClassifier, randomForestRegressor } from '../forest/forest-estimators.js'
import { createRandom } from '../random/create-random.js'
import { goesLeft } from '../trees/goes-left.js'
import type { TreeEnsemble } from '../trees/tree-ensemble.js'
import { expectedOutputs, treeShap } from './tree-shap.js'

interface Explanation {
  readonly set: string
  readonly ensemble: {
    readonly outputs: number
    readonly roots: number[]
    readonly features: number[]
    readonly thresholds: number[]
    readonly left: number[]
    readonly right: number[]
    readonly covers: number[]
    readonly values: number[][]
  }
  readonly rows: number[][]
  readonly expected: number[]
  /** By row, feature and output. */
  readonly values: number[][][]
}

/** What shap 0.51.0 says of trees of scikit-learn 1.9.1; made by `test/conformance/ml_parity/forest.py`. */
const parity = JSON.parse(readFileSync(new URL('../../test/parity/forest.json', import.meta.url), 'utf8')) as {
  explanations: Explanation[]
}

function ensembleOf({ ensemble, rows }: Explanation): TreeEnsemble {
  const values = ensemble.values.flat()
  const starts = [0]
  for (const leaf of ensemble.values) starts.push((starts.at(-1) ?? 0) + leaf.length)
  return {
    featureCount: rows[0]?.length ?? 0,
    outputCount: ensemble.outputs,
    base: new Float64Array(ensemble.outputs),
    roots: Int32Array.from(ensemble.roots),
    featureIds: Int32Array.from(ensemble.features),
    thresholds: Float32Array.from(ensemble.thresholds),
    leftChildren: Int32Array.from(ensemble.left),
    rightChildren: Int32Array.from(ensemble.right),
    missingLeft: new Uint8Array(ensemble.features.length),
    categories: null,
    covers: Float64Array.from(ensemble.covers),
    valueStarts: Int32Array.from(starts),
    valueOutputs: Int32Array.from(values, (_, index) => index % ensemble.outputs),
    values: Float64Array.from(values),
  }
}

describe('contributions are those of the shap package', () => {
  test.each(parity.explanations)('$set', async (explanation) => {
    const { rows, expected, values } = explanation
    const columns = Array.from({ length: rows[0]?.length ?? 0 }, (_, feature) =>
      Float32Array.from(rows, (row) => row[feature] ?? 0),
    )
    const found = await treeShap(ensembleOf(explanation), columns)
    for (const [output, value] of expected.entries()) expect(found.expected[output]).toBeCloseTo(value, 8)
    for (const [row, byFeature] of values.entries()) {
      for (const [feature, byOutput] of byFeature.entries()) {
        for (const [output, value] of byOutput.entries()) {
          expect(Math.abs((found.contributions[output]?.[feature]?.[row] ?? Number.NaN) - value)).toBeLessThan(1e-6)
        }
      }
    }
  })
})

/** A random tree over a few features, with missing values and categories of feature 0. */
function randomEnsemble(seed: number, featureCount: number): TreeEnsemble {
  const random = createRandom(seed)
  const [roots, features, thresholds, left, right, covers]: number[][] = [[0], [], [], [], [], []]
  const [starts, outputs, values, categoryStarts, words]: number[][] = [[0], [], [], [], []]
  for (let tree = 0; tree < 3; tree++) {
    grow(0)
    roots?.push(features?.length ?? 0)
  }

  function grow(depth: number): number {
    const id = features?.length ?? 0
    const isLeaf = depth >= 4 || (depth > 1 && random.float() < 0.2)
    const feature = isLeaf ? -1 : random.intBelow(featureCount)
    features?.push(feature)
    thresholds?.push(random.float())
    categoryStarts?.push(feature === 0 ? (words?.length ?? 0) : -1)
    if (feature === 0) words?.push(random.intBelow(16))
    left?.push(-1)
    right?.push(-1)
    covers?.push(1 + random.float())
    if (isLeaf) {
      outputs?.push(0, 1)
      values?.push(random.float(), -random.float())
    }
    starts?.push(values?.length ?? 0)
    if (isLeaf || !left || !right || !covers) return id
    left[id] = grow(depth + 1)
    right[id] = grow(depth + 1)
    covers[id] = (covers[left[id] ?? 0] ?? 0) + (covers[right[id] ?? 0] ?? 0)
    return id
  }

  const length = features?.length ?? 0
  return {
    featureCount,
    outputCount: 2,
    base: Float64Array.of(0.5, -2),
    roots: Int32Array.from(roots ?? []),
    featureIds: Int32Array.from(features ?? []),
    thresholds: Float32Array.from(thresholds ?? []),
    leftChildren: Int32Array.from(left ?? []),
    rightChildren: Int32Array.from(right ?? []),
    missingLeft: Uint8Array.from({ length }, () => random.intBelow(2)),
    categories: {
      starts: Int32Array.from(categoryStarts ?? []),
      lengths: new Int32Array(length).fill(1),
      words: Int32Array.from(words ?? []),
    },
    covers: Float64Array.from(covers ?? []),
    valueStarts: Int32Array.from(starts ?? []),
    valueOutputs: Int32Array.from(outputs ?? []),
    values: Float64Array.from(values ?? []),
  }
}

/** What the trees say when only some features are known, by definition: unknown splits take both ways, weighted by cover. */
function whenKnown(
  trees: TreeEnsemble,
  row: Float32Array,
  work: { known: ReadonlySet<number>; output: number },
): number {
  const below = (node: number): number => {
    const feature = trees.featureIds[node] ?? -1
    if (feature < 0) {
      let sum = 0
      for (let index = trees.valueStarts[node] ?? 0; index < (trees.valueStarts[node + 1] ?? 0); index++) {
        if (trees.valueOutputs[index] === work.output) sum += trees.values[index] ?? 0
      }
      return sum
    }
    const [left, right] = [trees.leftChildren[node] ?? 0, trees.rightChildren[node] ?? 0]
    if (work.known.has(feature)) return below(goesLeft(trees, node, row) ? left : right)
    const cover = (child: number) => (trees.covers[child] ?? 0) / (trees.covers[node] ?? 1)
    return cover(left) * below(left) + cover(right) * below(right)
  }
  const roots = [...trees.roots].slice(0, -1)
  return roots.reduce((sum, root) => sum + below(root), trees.base[work.output] ?? 0)
}

/** Shapley values by definition, over all subsets of the features. */
function shapley(trees: TreeEnsemble, row: Float32Array, output: number): number[] {
  const count = trees.featureCount
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))
  return Array.from({ length: count }, (_, feature) => {
    let sum = 0
    for (let subset = 0; subset < 2 ** count; subset++) {
      if ((subset >> feature) & 1) continue
      const known = new Set(Array.from({ length: count }, (_, index) => index).filter((index) => (subset >> index) & 1))
      const weight = (factorial(known.size) * factorial(count - known.size - 1)) / factorial(count)
      const without = whenKnown(trees, row, { known, output })
      sum += weight * (whenKnown(trees, row, { known: new Set([...known, feature]), output }) - without)
    }
    return sum
  })
}

test.each([1, 2, 3, 4, 5])('contributions are Shapley values by definition (trees of seed %i)', async (seed) => {
  const trees = randomEnsemble(seed, 4)
  const random = createRandom(seed + 100)
  const rows = Array.from({ length: 8 }, () =>
    Float32Array.from({ length: 4 }, (_, feature) => {
      if (random.float() < 0.2) return Number.NaN
      return feature === 0 ? random.intBelow(6) : random.float()
    }),
  )
  const columns = Array.from({ length: 4 }, (_, feature) => Float32Array.from(rows, (row) => row[feature] ?? 0))
  const { contributions, expected } = await treeShap(trees, columns)
  for (const output of [0, 1]) {
    expect(expected[output]).toBeCloseTo(whenKnown(trees, new Float32Array(4), { known: new Set(), output }), 12)
    for (const [index, row] of rows.entries()) {
      for (const [feature, value] of shapley(trees, row, output).entries()) {
        expect(contributions[output]?.[feature]?.[index]).toBeCloseTo(value, 12)
      }
    }
  }
})

describe('contributions and the expected value add up to the prediction', () => {
  test('probabilities of a random forest', async () => {
    const { train, test: unseen } = everyThird(150)
    const model = await randomForestClassifier.fit({
      features: takeRows(iris.matrix, train),
      target: takeTarget(iris.target, train),
      parameters: { n_estimators: 30 },
    })
    const rows = takeRows(iris.matrix, unseen)
    const { probabilities } = randomForestClassifier.predict(model, rows)
    const { expected, contributions } = await treeShap(forestEnsemble(model), rows.columns.map(float32Values))
    for (const [output, column] of (probabilities ?? []).entries()) {
      for (const [row, probability] of column.entries()) {
        const sum = (contributions[output] ?? []).reduce((total, values) => total + (values[row] ?? 0), 0)
        expect((expected[output] ?? 0) + sum).toBeCloseTo(probability, 6)
      }
    }
  })

  test.each([randomForestRegressor, extraTreesRegressor])('values of $kind', async (estimator) => {
    const { train, test: unseen } = everyThird(442)
    const model = await estimator.fit({
      features: takeRows(diabetes.matrix, train),
      target: takeTarget(diabetes.target, train),
      parameters: { n_estimators: 10 },
    })
    const rows = takeRows(diabetes.matrix, Int32Array.from(unseen.subarray(0, 20)))
    const { values } = estimator.predict(model, rows)
    const ensemble = forestEnsemble(model)
    const { expected, contributions } = await treeShap(ensemble, rows.columns.map(float32Values))
    expect(expected).toEqual(expectedOutputs(ensemble))
    for (const [row, value] of values.entries()) {
      const sum = (contributions[0] ?? []).reduce((total, own) => total + (own[row] ?? 0), 0)
      expect(Math.abs((expected[0] ?? 0) + sum - value)).toBeLessThan(1e-4)
    }
  })
})

test('the number of features is checked, and a signal stops the explanation', async () => {
  const trees = randomEnsemble(1, 3)
  const columns = [new Float32Array(2), new Float32Array(2), new Float32Array(2)]
  await expect(treeShap(trees, columns.slice(1))).rejects.toMatchObject({ code: 'length_mismatch', value: 2 })
  await expect(treeShap(trees, columns, AbortSignal.abort('enough'))).rejects.toMatchObject({
    code: 'training_aborted',
    cause: 'enough',
  })
})
