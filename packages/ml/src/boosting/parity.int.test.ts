import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { classTarget, countTarget, generatedRows } from '../../test/boosting-sets.js'
import { diabetes, everyThird, iris, takeRows, takeTarget } from '../../test/data-sets.js'
import { expectSameInOnnx } from '../../test/expect-same-in-onnx.js'
import { type DesignMatrix, float32Values } from '../data/design-matrix.js'
import type { ClassTarget, FloatColumn, ValueTarget } from '../estimators/estimator.js'
import { accuracy } from '../metrics/classification.js'
import { regressionScores } from '../metrics/regression.js'
import { histGradientBoostingClassifier } from './hist-gradient-boosting-classifier.js'
import { histGradientBoostingRegressor } from './hist-gradient-boosting-regressor.js'
import { rawPredictions } from './leaf-sums.js'
import { percentile } from './percentile.js'

interface Case {
  readonly set: 'iris' | 'diabetes' | 'generated'
  readonly target: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly iterations: number
  readonly score: number
  readonly raw: readonly (readonly number[])[]
}

/** Made with scikit-learn by `test/conformance/ml_parity/boosting.py`; the version stands in the file. */
const { cases } = JSON.parse(readFileSync(new URL('../../test/parity/boosting.json', import.meta.url), 'utf8')) as {
  cases: readonly Case[]
}

const generated = generatedRows(6000)

function setOf({ set, target }: Case): { readonly matrix: DesignMatrix; readonly target: ClassTarget | ValueTarget } {
  if (set !== 'generated') return set === 'iris' ? iris : diabetes
  const { matrix, values } = generated
  if (target === 'two' || target === 'three') return { matrix, target: classTarget(values, target === 'two' ? 2 : 3) }
  return { matrix, target: target === 'poisson' ? countTarget(values) : { kind: 'values', values } }
}

/** Ours, and how far outputs before the link are from scikit-learn's, relative to the greatest. */
async function compared(one: Case) {
  const { matrix, target } = setOf(one)
  const { weighted, categorical_features, ...rest } = one.parameters
  const rows = everyThird(matrix.rowCount)
  const features = takeRows(matrix, rows.train)
  const tested = takeRows(matrix, rows.test)
  const input = {
    features,
    ...(weighted === true ? { sampleWeights: Float64Array.from(rows.train, (row) => row % 4) } : {}),
    parameters: {
      early_stopping: false,
      categorical_features: categorical_features === undefined ? null : 'from_dtype',
      ...rest,
    },
  }
  if (target.kind === 'classes') {
    const model = await histGradientBoostingClassifier.fit({ ...input, target: takeTarget(target, rows.train) })
    await expectSameInOnnx(histGradientBoostingClassifier, model, matrix)
    const { codes } = histGradientBoostingClassifier.predict(model, tested)
    const score = accuracy(takeTarget(target, rows.test).labels.codes, codes)
    return { model, score, raw: rawPredictions(model, tested) }
  }
  const loss = one.target
  const parameters = { ...input.parameters, loss }
  const model = await histGradientBoostingRegressor.fit({
    ...input,
    parameters,
    target: takeTarget(target, rows.train),
  })
  await expectSameInOnnx(histGradientBoostingRegressor, model, matrix, loss === 'poisson' ? 1e-6 : 0)
  const { values } = histGradientBoostingRegressor.predict(model, tested)
  const score = regressionScore(one, takeTarget(target, rows.test).values, values)
  return { model, score, raw: [values] }
}

/**
 * Cases in which splits tie: quantile gradients have two values, so that many splits gain nothing but by rounding, clipped leaves gain
 * nothing either, and an odd number of categories is cut alike from both ends. scikit-learn then takes the split that rounding favours,
 * and trees part at some point; they are as good.
 */
function hasTies({ target, parameters }: Case): boolean {
  const isLong = Number(parameters.max_iter) > 2
  return isLong && (target === 'quantile' || 'monotonic_cst' in parameters || 'categorical_features' in parameters)
}

/** How much of a loss predictions explain, of what the best constant leaves. */
function explained(
  loss: (target: number, predicted: number) => number,
  targets: Float64Array,
  found: FloatColumn,
  constant: number,
) {
  const total = (values: FloatColumn | null) =>
    targets.reduce((sum, target, row) => sum + loss(target, values?.[row] ?? constant), 0)
  return 1 - total(found) / total(null)
}

function regressionScore(one: Case, targets: Float64Array, found: FloatColumn): number {
  if (one.target === 'quantile') {
    const share = Number(one.parameters.quantile)
    const pinball = (target: number, value: number) => (target - value) * (target >= value ? share : share - 1)
    return explained(pinball, targets, found, percentile(targets.slice(), share))
  }
  if (one.target !== 'poisson') return regressionScores(targets, found).r2
  const deviance = (target: number, value: number) =>
    (target === 0 ? 0 : target * Math.log(target / value)) - target + value
  return explained(deviance, targets, found, targets.reduce((sum, value) => sum + value, 0) / targets.length)
}

describe('trees are those of scikit-learn, and what they say that of the file', () => {
  test.each(cases)('$set, $target, $parameters', async (one) => {
    const { model, score, raw } = await compared(one)
    expect(model.iterationCount).toBe(one.iterations)
    expect(raw.length).toBe(one.raw.length)
    for (const [output, expected] of one.raw.entries()) {
      if (hasTies(one)) continue
      const size = Math.max(...expected.map(Math.abs))
      const distances = expected.map((value, row) => Math.abs(value - (raw[output]?.[row] ?? Number.NaN)) / size)
      expect(Math.max(...distances)).toBeLessThan(1e-5)
    }
    expect(Math.abs(score - one.score)).toBeLessThan(hasTies(one) ? 0.01 : 1e-5)
  })
})

test('the generated rows are float32 already', () => {
  for (const column of generated.matrix.columns) expect([...float32Values(column)]).toEqual([...column.values])
})
