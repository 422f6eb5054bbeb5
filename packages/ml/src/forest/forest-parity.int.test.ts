import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { diabetes, everyThird, iris, takeRows, takeTarget } from '../../test/data-sets.js'
import { classLabels } from '../data/class-labels.js'
import { type DesignMatrix, designMatrix, numericColumn } from '../data/design-matrix.js'
import type { ClassTarget, ValueTarget } from '../estimators/estimator.js'
import { accuracy } from '../metrics/classification.js'
import {
  decisionTreeClassifier,
  decisionTreeRegressor,
  extraTreesClassifier,
  extraTreesRegressor,
  randomForestClassifier,
  randomForestRegressor,
} from './forest-estimators.js'
import { isolationForest } from './isolation-forest.js'

/** What scikit-learn 1.9.1 says; made by `test/conformance/ml_parity/forest.py`. */
const parity = JSON.parse(readFileSync(new URL('../../test/parity/forest.json', import.meta.url), 'utf8')) as {
  trees: {
    task: 'classifier' | 'regressor'
    set: 'iris' | 'diabetes'
    parameters: Record<string, unknown>
    predicted: number[][]
    importances: number[] | null
  }[]
  forests: { kind: string; set: string; parameters: Record<string, unknown>; score: number; oob_score?: number }[]
  isolation: { parameters: Record<string, unknown>; scores: number[] }[]
}

/** Takes values out as the script does. */
function withMissing({ rowCount, columns }: DesignMatrix): DesignMatrix {
  return {
    rowCount,
    columns: columns.map((column, index) => ({
      ...column,
      values: Float64Array.from(column.values, (value, row) => ((row * 7 + index * 3) % 5 === 0 ? Number.NaN : value)),
    })),
  }
}

/** The parameters of a case without what only the script understands. */
function split({ missing, weighted, ...parameters }: Record<string, unknown>) {
  return { isMissing: missing === true, isWeighted: weighted === true, parameters }
}

describe('one tree is that of scikit-learn', () => {
  test.each(parity.trees)('$task on $set with $parameters', async ({ task, set, parameters: given, ...expected }) => {
    const { isMissing, isWeighted, parameters } = split(given)
    const source = set === 'iris' ? iris : diabetes
    const matrix = isMissing ? withMissing(source.matrix) : source.matrix
    const rows = everyThird(matrix.rowCount)
    const input = {
      features: takeRows(matrix, rows.train),
      ...(isWeighted ? { sampleWeights: Float64Array.from(rows.train, (row) => 1 + (row % 4)) } : {}),
      parameters,
    }
    const unseen = takeRows(matrix, rows.test)
    if (task === 'classifier') {
      const model = await decisionTreeClassifier.fit({ ...input, target: takeTarget(iris.target, rows.train) })
      const { probabilities } = decisionTreeClassifier.predict(model, unseen)
      expectClose(probabilities ?? [], expected.predicted, 1e-6)
      if (expected.importances) expectClose([model.featureImportances], [expected.importances], 1e-8)
    } else {
      const model = await decisionTreeRegressor.fit({ ...input, target: takeTarget(diabetes.target, rows.train) })
      const { values } = decisionTreeRegressor.predict(model, unseen)
      // float32 numbers of about 150.
      expectClose([values], expected.predicted, 4e-5)
      if (expected.importances) expectClose([model.featureImportances], [expected.importances], 1e-8)
    }
  })
})

function expectClose(found: readonly ArrayLike<number>[], expected: readonly number[][], tolerance: number): void {
  expect(found.length).toBe(expected.length)
  for (const [index, values] of expected.entries()) {
    expect(found[index]?.length).toBe(values.length)
    for (const [row, value] of values.entries()) {
      expect(Math.abs((found[index]?.[row] ?? Number.NaN) - value)).toBeLessThan(tolerance)
    }
  }
}

/** Friedman's first function on numbers of a linear congruential generator, as in the script. */
function friedman(rowCount: number): { matrix: DesignMatrix; values: Float64Array } {
  const columns = Array.from({ length: 6 }, () => new Float32Array(rowCount))
  let state = 12_345n
  for (let row = 0; row < rowCount; row++) {
    for (const column of columns) {
      state = (1_103_515_245n * state + 12_345n) % 2n ** 31n
      column[row] = Number(state) / 2 ** 31
    }
  }
  const at = (feature: number, row: number) => columns[feature]?.[row] ?? 0
  const values = Float64Array.from(
    { length: rowCount },
    (_, row) =>
      10 * Math.sin(Math.PI * at(0, row) * at(1, row)) +
      20 * (at(2, row) - 0.5) ** 2 +
      10 * at(3, row) +
      5 * at(4, row),
  )
  return { matrix: designMatrix(columns.map((column, index) => numericColumn(`u${index}`, column))), values }
}

function classes(set: string): { matrix: DesignMatrix; target: ClassTarget } {
  if (set === 'iris') return iris
  const { matrix, values } = friedman(1500)
  const codes = Int32Array.from(values, (value) => (value > 14 ? 1 : 0))
  return { matrix, target: { kind: 'classes', labels: classLabels(codes, ['low', 'high']) } }
}

function numbers(set: string): { matrix: DesignMatrix; target: ValueTarget } {
  if (set === 'diabetes') return diabetes
  const { matrix, values } = friedman(1500)
  return { matrix, target: { kind: 'values', values } }
}

function r2(expected: Float64Array, found: ArrayLike<number>): number {
  const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length
  const error = expected.reduce((sum, value, row) => sum + (value - (found[row] ?? 0)) ** 2, 0)
  return 1 - error / expected.reduce((sum, value) => sum + (value - mean) ** 2, 0)
}

const classifiers = [randomForestClassifier, extraTreesClassifier]
const regressors = [randomForestRegressor, extraTreesRegressor]
const seeds = [1, 2, 3, 4, 5, 6]

describe('forests are as good as those of scikit-learn', () => {
  test.each(parity.forests)('$kind on $set with $parameters', async (expected) => {
    const { isMissing, parameters } = split(expected.parameters)
    const scores: number[] = []
    const bags: number[] = []
    // On the small sets a forest's score depends more on its seed.
    for (const seed of expected.set === 'friedman' ? [1, 2] : seeds) {
      const classifier = classifiers.find(({ kind }) => kind === expected.kind)
      const regressor = regressors.find(({ kind }) => kind === expected.kind)
      if (classifier) {
        const { matrix, target } = classes(expected.set)
        const { train, test: unseen } = everyThird(matrix.rowCount)
        const model = await classifier.fit({
          features: takeRows(matrix, train),
          target: takeTarget(target, train),
          parameters: { ...parameters, seed },
        })
        const { codes } = classifier.predict(model, takeRows(matrix, unseen))
        scores.push(accuracy(takeTarget(target, unseen).labels.codes, codes))
      } else if (regressor) {
        const { matrix, target } = numbers(expected.set)
        const rows = isMissing ? withMissing(matrix) : matrix
        const { train, test: unseen } = everyThird(matrix.rowCount)
        const model = await regressor.fit({
          features: takeRows(rows, train),
          target: takeTarget(target, train),
          parameters: { ...parameters, seed },
        })
        const { values } = regressor.predict(model, takeRows(rows, unseen))
        scores.push(r2(takeTarget(target, unseen).values, values))
        bags.push(model.outOfBagScore ?? 0)
      }
    }
    const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length
    expect(Math.abs(mean(scores) - expected.score)).toBeLessThan(0.01)
    if (expected.oob_score !== undefined) expect(Math.abs(mean(bags) - expected.oob_score)).toBeLessThan(0.01)
  })
})

describe('an isolation forest scores rows as that of scikit-learn', () => {
  test.each(parity.isolation)('with $parameters', async ({ parameters, scores }) => {
    const sums = new Float64Array(scores.length)
    for (const seed of [...seeds, 7, 8, 9, 10]) {
      const model = await isolationForest.fit({
        features: diabetes.matrix,
        target: null,
        parameters: { ...parameters, seed },
      })
      for (const [row, score] of isolationForest.predict(model, diabetes.matrix).scores.entries()) {
        sums[row] = (sums[row] ?? 0) + score / 10
      }
    }
    // The mean of ten forests deviates by about 0.004.
    for (const [row, score] of scores.entries()) expect(Math.abs((sums[row] ?? 0) - score)).toBeLessThan(0.02)
    const outliers = (list: ArrayLike<number>) => Array.from(list).filter((score) => score < 0).length
    expect(Math.abs(outliers(sums) - outliers(scores))).toBeLessThan(15)
  })
})
