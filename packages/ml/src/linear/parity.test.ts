import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { linearSets } from '../../test/linear-sets.js'
import { float64At, itemAt } from '../data/element.js'
import type { Estimator } from '../estimators/estimator.js'
import { accuracy } from '../metrics/classification.js'
import { regressionScores } from '../metrics/regression.js'
import { elasticNet, lasso } from './elastic-net.js'
import { huberRegressor } from './huber-regressor.js'
import type { LinearClassifier, LinearRegressor } from './linear-model.js'
import { linearRegression } from './linear-regression.js'
import { linearSvc } from './linear-svc.js'
import { linearSvr } from './linear-svr.js'
import { logisticRegression } from './logistic-regression.js'
import { ridge } from './ridge.js'
import { sgdClassifier } from './sgd-classifier.js'
import { sgdRegressor } from './sgd-regressor.js'

/** Made with scikit-learn by `test/conformance/ml_parity/linear.py`; the versions stand in the file. */
const { cases } = JSON.parse(readFileSync(new URL('../../test/parity/linear.json', import.meta.url), 'utf8')) as {
  cases: {
    kind: string
    set: string
    parameters: Record<string, unknown>
    weighted: boolean
    coefficients: number[]
    intercepts: number[]
    score: number
    probabilities?: number[]
  }[]
}

type Case = (typeof cases)[number]

const classifiers: Record<string, Estimator<'classification', LinearClassifier>> = {
  linear_svc: linearSvc,
  logistic_regression: logisticRegression,
  sgd_classifier: sgdClassifier,
}

const regressors: Record<string, Estimator<'regression', LinearRegressor>> = {
  elastic_net: elasticNet,
  huber_regressor: huberRegressor,
  lasso,
  linear_regression: linearRegression,
  linear_svr: linearSvr,
  ridge,
  sgd_regressor: sgdRegressor,
}

/** Both sides go on until there is nothing to gain, so that it does not matter how each measures that. */
const tightened: Record<string, Record<string, number>> = {
  elastic_net: { tol: 1e-12, max_iter: 200_000 },
  huber_regressor: { tol: 1e-9, max_iter: 10_000 },
  lasso: { tol: 1e-12, max_iter: 200_000 },
  linear_svc: { tol: 1e-6, max_iter: 200_000 },
  linear_svr: { tol: 1e-6, max_iter: 200_000 },
  logistic_regression: { tol: 1e-10, max_iter: 10_000 },
}

/** Greatest difference of a coefficient, as a share of the greatest coefficient. */
const tolerances: Record<string, number> = {
  elastic_net: 1e-6,
  huber_regressor: 1e-4,
  lasso: 1e-6,
  linear_regression: 1e-6,
  linear_svc: 1e-4,
  linear_svr: 1e-4,
  logistic_regression: 1e-4,
  ridge: 1e-6,
  sgd_classifier: 1e-8,
  sgd_regressor: 1e-8,
}

function nameOf({ kind, set, parameters, weighted }: Case): string {
  return `${kind} of ${set}${weighted ? ', weighted' : ''} ${JSON.stringify(parameters)}`
}

function setOf({ set }: Case) {
  const found = linearSets[set]
  if (found === undefined) throw new Error(`no set ${set}`)
  return found
}

function inputOf(one: Case) {
  const { features } = setOf(one)
  const weights = Float64Array.from({ length: features.rowCount }, (_, row) => 0.5 + (row % 3))
  const parameters = { ...tightened[one.kind], ...one.parameters }
  return { features, parameters, ...(one.weighted ? { sampleWeights: weights } : {}) }
}

function expectClose(model: LinearRegressor, one: Case): void {
  const expected = [...one.coefficients, ...one.intercepts]
  const size = Math.max(...expected.map(Math.abs))
  const found = [...model.coefficients, ...model.intercepts]
  expect(found).toHaveLength(expected.length)
  const worst = Math.max(...found.map((value, index) => Math.abs(value - itemAt(expected, index))))
  expect(worst / size).toBeLessThan(tolerances[one.kind] ?? 0)
}

describe('linear models find what scikit-learn finds', () => {
  test.each(cases.filter(({ kind }) => kind in regressors).map((one) => [nameOf(one), one] as const))(
    '%s',
    async (_, one) => {
      const estimator = regressors[one.kind] ?? ridge
      const values = setOf(one).values ?? new Float64Array(0)
      const model = await estimator.fit({ ...inputOf(one), target: { kind: 'values', values } })
      expectClose(model, one)
      const predicted = estimator.predict(model, setOf(one).features)
      expect(regressionScores(values, predicted.values).r2).toBeCloseTo(one.score, 4)
    },
  )

  test.each(cases.filter(({ kind }) => kind in classifiers).map((one) => [nameOf(one), one] as const))(
    '%s',
    async (_, one) => {
      const estimator = classifiers[one.kind] ?? logisticRegression
      const { labels, features } = setOf(one)
      if (labels === null) throw new Error(`no classes in ${one.set}`)
      const model = await estimator.fit({ ...inputOf(one), target: { kind: 'classes', labels } })
      expectClose(model, one)
      const predicted = estimator.predict(model, features)
      expect(accuracy(labels.codes, predicted.codes)).toBeCloseTo(one.score, 2)
      const { probabilities } = predicted
      expect(probabilities === null).toBe(one.probabilities === undefined)
      const classCount = labels.classes.length
      const shown = (one.probabilities ?? []).length / classCount
      for (const [index, probability] of (one.probabilities ?? []).entries()) {
        const column = Float64Array.from(probabilities?.[index % classCount] ?? [])
        const row = features.rowCount - shown + Math.floor(index / classCount)
        expect(Math.abs(float64At(column, row) - probability)).toBeLessThan(1e-4)
      }
    },
  )
})
