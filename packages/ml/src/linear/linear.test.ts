import { describe, expect, test } from 'vitest'
import { diabetes, iris, standardised, takeRows, takeTarget } from '../../test/data-sets.js'
import { linearSets, sparseOf } from '../../test/linear-sets.js'
import { classLabels } from '../data/class-labels.js'
import { type DesignMatrix, designMatrix, numericColumn } from '../data/design-matrix.js'
import { itemAt } from '../data/element.js'
import type { ClassTarget, Estimator, Features, FitInput, FitProgress, FitRun } from '../estimators/estimator.js'
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

type Classifier = Estimator<'classification', LinearClassifier>
type Regressor = Estimator<'regression', LinearRegressor>

const classifiers: readonly Classifier[] = [logisticRegression, linearSvc, sgdClassifier]
const regressors: readonly Regressor[] = [
  linearRegression,
  ridge,
  lasso,
  elasticNet,
  linearSvr,
  huberRegressor,
  sgdRegressor,
]
const exactRegressors = [linearRegression, ridge, lasso, elasticNet, huberRegressor]

const scaledIris = standardised(iris.matrix)
const scaledDiabetes = standardised(diabetes.matrix)
const classInput: FitInput<'classification'> = { features: scaledIris, target: iris.target }
const valueInput: FitInput<'regression'> = { features: scaledDiabetes, target: diabetes.target }

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found).toHaveLength(expected.length)
  const worst = Math.max(...Array.from(found, (value, index) => Math.abs(value - itemAt(expected, index))))
  expect(worst).toBeLessThan(tolerance)
}

describe('what cannot be learnt is refused', () => {
  const broken: readonly { readonly code: string; readonly features: Features }[] = [
    { code: 'empty_set', features: designMatrix([]) },
    { code: 'empty_set', features: designMatrix([numericColumn('a', [])]) },
    { code: 'non_finite_value', features: designMatrix([numericColumn('a', [1, Number.NaN])]) },
    { code: 'non_finite_value', features: designMatrix([numericColumn('a', [1, Infinity])]) },
    { code: 'length_mismatch', features: designMatrix([numericColumn('a', [1, 2, 3])]) },
  ]
  const target: ClassTarget = { kind: 'classes', labels: classLabels(Int32Array.of(0, 1), ['no', 'yes']) }
  test.each(broken)('$code', async ({ code, features }) => {
    for (const estimator of classifiers)
      await expect(estimator.fit({ features, target })).rejects.toMatchObject({ code })
    const values = { kind: 'values', values: Float64Array.of(1, 2) } as const
    for (const estimator of regressors)
      await expect(estimator.fit({ features, target: values })).rejects.toMatchObject({ code })
  })

  test('targets, weights and parameters', async () => {
    const one = classLabels(new Int32Array(150), ['only', 'other'])
    for (const estimator of classifiers) {
      const refused = (input: Partial<FitInput<'classification'>>) => estimator.fit({ ...classInput, ...input })
      await expect(refused({ target: { kind: 'classes', labels: one } })).rejects.toMatchObject({
        code: 'single_class',
      })
      await expect(refused({ sampleWeights: new Float64Array(3) })).rejects.toMatchObject({ code: 'length_mismatch' })
      await expect(refused({ sampleWeights: new Float64Array(150) })).rejects.toMatchObject({ code: 'invalid_weight' })
      await expect(refused({ parameters: { depth: 3 } })).rejects.toMatchObject({ code: 'unknown_parameter' })
      await expect(refused({ parameters: { tol: 0 } })).rejects.toMatchObject({ code: 'invalid_parameter' })
      await expect(refused({ parameters: { class_weight: { rose: 2 } } })).rejects.toMatchObject({
        code: 'invalid_parameter',
        value: 'rose',
      })
    }
    for (const estimator of regressors) {
      const values = Float64Array.from(diabetes.target.values).fill(Number.NaN, 5, 6)
      const refused = estimator.fit({ ...valueInput, target: { kind: 'values', values } })
      await expect(refused).rejects.toMatchObject({ code: 'invalid_target' })
    }
    const both = linearSvc.fit({ ...classInput, parameters: { penalty: 'l1', loss: 'hinge' } })
    await expect(both).rejects.toMatchObject({ code: 'invalid_parameter' })
    const noRate = sgdClassifier.fit({ ...classInput, parameters: { alpha: 0 } })
    await expect(noRate).rejects.toMatchObject({ code: 'invalid_parameter', value: 0 })
  })

  test('sparse features where columns are needed whole', async () => {
    const { features, values } = itemAt([linearSets.sparse], 0) ?? { features: scaledIris, values: null }
    const target = { kind: 'values', values: values ?? new Float64Array(0) } as const
    for (const estimator of [linearRegression, lasso, elasticNet, huberRegressor]) {
      await expect(estimator.fit({ features, target })).rejects.toMatchObject({ code: 'sparse_unsupported' })
    }
  })

  test('numbers too large to compute with', async () => {
    const features = designMatrix([numericColumn('a', Float64Array.of(1e200, -1e200, 2e200, 1e199))])
    const target = { kind: 'values', values: Float64Array.of(1, -1e300, 3, 1e300) } as const
    for (const estimator of [linearRegression, ridge, huberRegressor]) {
      await expect(estimator.fit({ features, target })).rejects.toMatchObject({ code: 'not_converging' })
    }
  })

  test('rows that a model was not trained for', async () => {
    const model = await ridge.fit(valueInput)
    const without = { ...scaledDiabetes, columns: scaledDiabetes.columns.slice(1) }
    expect(() => ridge.predict(model, without)).toThrowError(expect.objectContaining({ code: 'missing_feature' }))
    const sparse = linearSets.sparse?.features ?? without
    expect(() => ridge.predict(model, sparse)).toThrowError(expect.objectContaining({ code: 'length_mismatch' }))
    const columns = scaledDiabetes.columns.map((column) => ({ ...column, values: column.values.map(() => Number.NaN) }))
    expect(() => ridge.predict(model, { rowCount: 442, columns })).toThrowError(
      expect.objectContaining({ code: 'non_finite_value' }),
    )
  })
})

describe('a fit can be watched and stopped', () => {
  const slow = { logistic_regression: { tol: 1e-12 }, linear_svc: { loss: 'hinge' }, sgd_classifier: {} }

  test('progress goes up, and a signal stops it', async () => {
    const fits: ((run: FitRun) => Promise<unknown>)[] = classifiers.map(
      (estimator) => (run) =>
        estimator.fit({ ...classInput, parameters: slow[estimator.kind as keyof typeof slow], ...run }),
    )
    for (const estimator of regressors) {
      fits.push((run) => estimator.fit({ ...valueInput, ...run }))
    }
    for (const fit of fits) {
      const seen: FitProgress[] = []
      await fit({ onProgress: (progress) => seen.push(progress) })
      expect(seen.length).toBeGreaterThan(0)
      for (const [index, { done, total }] of seen.entries()) {
        expect(done).toBeGreaterThan(seen[index - 1]?.done ?? 0)
        expect(done).toBeLessThanOrEqual(total)
      }
      const stopped = new AbortController()
      stopped.abort('enough')
      await expect(fit({ signal: stopped.signal })).rejects.toMatchObject({ code: 'training_aborted', cause: 'enough' })
    }
  })

  test('a signal that comes while a long fit runs in this thread', async () => {
    const controller = new AbortController()
    // Only when the fit lets other work run can this fire.
    setImmediate(() => setImmediate(() => controller.abort('enough')))
    const columns = Array.from({ length: 40 }, (_, column) =>
      numericColumn(
        `f${column}`,
        Float64Array.from({ length: 20_000 }, (_, row) => Math.sin(row * (column + 1))),
      ),
    )
    const labels = classLabels(
      Int32Array.from({ length: 20_000 }, (_, row) => row % 5),
      ['a', 'b', 'c', 'd', 'e'],
    )
    const input = { features: designMatrix(columns), target: { kind: 'classes', labels } } as const
    const fit = linearSvc.fit({ ...input, parameters: { loss: 'hinge', max_iter: 100_000 }, signal: controller.signal })
    await expect(fit).rejects.toMatchObject({ code: 'training_aborted' })
  })

  test('iterations that run out are told', async () => {
    for (const estimator of classifiers) {
      const parameters = { ...slow[estimator.kind as keyof typeof slow], max_iter: 1 }
      expect(await estimator.fit({ ...classInput, parameters })).toMatchObject({ hasConverged: false, iterations: 1 })
      expect(
        await estimator.fit({ ...classInput, parameters: slow[estimator.kind as keyof typeof slow] }),
      ).toMatchObject({ hasConverged: true })
    }
  })
})

describe('models', () => {
  test('are frozen plain data, the same each time', async () => {
    for (const estimator of classifiers) {
      const model = await estimator.fit(classInput)
      expect(Object.isFrozen(model)).toBe(true)
      expect(structuredClone(model)).toEqual(model)
      expect(await estimator.fit(classInput)).toEqual(model)
      expect(estimator.importances?.(model)).toHaveLength(4)
      expect(model.kind).toBe(estimator.kind)
    }
    for (const estimator of regressors) {
      const model = await estimator.fit(valueInput)
      expect(Object.isFrozen(model)).toBe(true)
      expect(structuredClone(model)).toEqual(model)
      expect(await estimator.fit(valueInput)).toEqual(model)
      expect(model.kind).toBe(estimator.kind)
    }
  })

  test('depend on the seed where there is chance', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map((seed) => sgdClassifier.fit({ ...classInput, parameters: { random_state: seed } })),
    )
    expect(one?.coefficients).not.toEqual(other?.coefficients)
  })

  test('find their features by name, in any order', async () => {
    const model = await logisticRegression.fit(classInput)
    const turned: DesignMatrix = { ...scaledIris, columns: [...scaledIris.columns].reverse() }
    expect(logisticRegression.predict(model, turned)).toEqual(logisticRegression.predict(model, scaledIris))
  })

  test('probabilities sum to 1; scores of two classes are opposite', async () => {
    const { probabilities } = logisticRegression.predict(await logisticRegression.fit(classInput), scaledIris)
    for (let row = 0; row < 150; row++) {
      expect((probabilities ?? []).reduce((sum, column) => sum + itemAt(column, row), 0)).toBeCloseTo(1, 6)
    }
    const two = linearSets.iris_two ?? linearSets.iris
    if (!two?.labels) throw new Error('no labels')
    const input = { features: two.features, target: { kind: 'classes', labels: two.labels } } as const
    const { scores } = linearSvc.predict(await linearSvc.fit(input), two.features)
    expect(scores?.[0]).toEqual(scores?.[1]?.map((score) => -score))
  })
})

describe('weights', () => {
  const rows = Int32Array.from({ length: 442 }, (_, row) => row)
  const counts = Float64Array.from(rows, (row) => row % 3)
  const repeated = Int32Array.from([...rows].flatMap((row) => new Array<number>(row % 3).fill(row)))

  test.each(exactRegressors.map((estimator) => ({ kind: estimator.kind, estimator })))(
    'of $kind: a weight of 2 is a row given twice, of 0 a row left out',
    async ({ estimator }) => {
      const parameters = estimator.kind === 'linear_regression' ? {} : estimator === ridge ? {} : { tol: 1e-10 }
      const weighted = await estimator.fit({ ...valueInput, parameters, sampleWeights: counts })
      const given = { features: takeRows(scaledDiabetes, repeated), target: takeTarget(diabetes.target, repeated) }
      const twice = await estimator.fit({ ...given, parameters })
      expectNear(weighted.coefficients, twice.coefficients, 1e-4)
      expectNear(weighted.intercepts, twice.intercepts, 1e-4)
    },
  )

  test.each([
    { kind: 'logistic_regression', estimator: logisticRegression as Classifier, parameters: { tol: 1e-9 } },
    { kind: 'linear_svc', estimator: linearSvc as Classifier, parameters: { tol: 1e-9 } },
    {
      kind: 'linear_svc',
      estimator: linearSvc as Classifier,
      parameters: { tol: 1e-6, loss: 'hinge', max_iter: 50_000 },
    },
  ])('of $kind with $parameters', async ({ estimator, parameters }) => {
    const all = Int32Array.from({ length: 150 }, (_, row) => row)
    const twice = Int32Array.from([...all].flatMap((row) => new Array<number>(row % 3).fill(row)))
    const sampleWeights = Float64Array.from(all, (row) => row % 3)
    const weighted = await estimator.fit({ ...classInput, parameters, sampleWeights })
    const given = { features: takeRows(scaledIris, twice), target: takeTarget(iris.target, twice) }
    const doubled = await estimator.fit({ ...given, parameters })
    expectNear(weighted.coefficients, doubled.coefficients, 1e-3)
  })

  test('class weights are those of their rows', async () => {
    const [, second = ''] = iris.target.labels.classes
    const sampleWeights = Float64Array.from(iris.target.labels.codes, (code) => (code === 1 ? 5 : 1))
    const byClass = await logisticRegression.fit({ ...classInput, parameters: { class_weight: { [second]: 5 } } })
    expect(byClass).toEqual(await logisticRegression.fit({ ...classInput, sampleWeights }))
  })
})

describe('sparse features give what dense ones do', () => {
  const { columns } = scaledIris
  const sparse = sparseOf(
    Array.from({ length: 150 }, (_, row) =>
      Float64Array.from(columns, ({ values }) => (row % 4 === 0 ? 0 : Math.round(8 * itemAt(values, row)) / 8)),
    ),
  )
  const dense = designMatrix(
    columns.map(({ name, values }) =>
      numericColumn(
        name,
        Float64Array.from(values, (value, row) => (row % 4 === 0 ? 0 : Math.round(8 * value) / 8)),
      ),
    ),
  )
  const values = Float64Array.from(
    { length: 150 },
    (_, row) => Math.sin(row) + itemAt(dense.columns[0]?.values ?? [], row),
  )

  test.each([
    { kind: 'logistic_regression', estimator: logisticRegression as Classifier, parameters: { tol: 1e-9 } },
    {
      kind: 'logistic_regression',
      estimator: logisticRegression as Classifier,
      parameters: { tol: 1e-9, l1_ratio: 0.5 },
    },
    { kind: 'linear_svc', estimator: linearSvc as Classifier, parameters: { tol: 1e-9 } },
  ])('$kind with $parameters', async ({ estimator, parameters }) => {
    const [one, other] = await Promise.all(
      [sparse, dense].map((features) => estimator.fit({ features, target: iris.target, parameters })),
    )
    expectNear(one?.coefficients ?? [], other?.coefficients ?? [0], 1e-4)
    if (one === undefined) return
    expect(estimator.predict(one, sparse)).toEqual(estimator.predict(one, { ...dense, columns: dense.columns }))
  })

  test('ridge', async () => {
    const target = { kind: 'values', values } as const
    const [one, other] = await Promise.all([sparse, dense].map((features) => ridge.fit({ features, target })))
    expectNear(one?.coefficients ?? [], other?.coefficients ?? [0], 1e-10)
    expect(one?.hasConverged).toBe(true)
  })
})

describe('least squares', () => {
  test('features that depend on each other share their coefficient; a constant has none', async () => {
    const first = Float64Array.from({ length: 50 }, (_, row) => Math.sin(row))
    const features = designMatrix([
      numericColumn('a', first),
      numericColumn('same', first.slice()),
      numericColumn('constant', new Float64Array(50).fill(7)),
    ])
    const target = { kind: 'values', values: first.map((value) => 3 * value + 2) } as const
    const model = await linearRegression.fit({ features, target })
    expectNear(model.coefficients, [1.5, 1.5, 0], 1e-12)
    expectNear(model.intercepts, [2], 1e-12)
  })

  test('many blocks of rows give the same as one', async () => {
    const count = 5000
    const columns = Array.from({ length: 3 }, (_, column) =>
      numericColumn(
        `f${column}`,
        Float64Array.from({ length: count }, (_, row) => Math.cos(row * (column + 0.7))),
      ),
    )
    const values = Float64Array.from({ length: count }, (_, row) =>
      columns.reduce((sum, column, index) => sum + (index - 1.5) * itemAt(column.values, row), 4),
    )
    const model = await linearRegression.fit({ features: designMatrix(columns), target: { kind: 'values', values } })
    expectNear(model.coefficients, [-1.5, -0.5, 0.5], 1e-12)
    expectNear(model.intercepts, [4], 1e-12)
  })

  test('a constant target is its mean', async () => {
    const target = { kind: 'values', values: new Float64Array(442).fill(5) } as const
    for (const estimator of exactRegressors) {
      const model = await estimator.fit({ features: scaledDiabetes, target })
      expectNear(estimator.predict(model, scaledDiabetes).values, new Float64Array(442).fill(5), 1e-6)
    }
  })
})

describe('early stopping of stochastic descent', () => {
  test('keeps rows aside, and needs some to train on', async () => {
    const parameters = { early_stopping: true, validation_fraction: 0.2 }
    const model = await sgdClassifier.fit({ ...classInput, parameters })
    expect(model.hasConverged).toBe(true)
    const rows = takeRows(scaledIris, Int32Array.of(0, 60))
    const target = takeTarget(iris.target, Int32Array.of(0, 60))
    const few = sgdClassifier.fit({
      features: rows,
      target,
      parameters: { early_stopping: true, validation_fraction: 0.9 },
    })
    await expect(few).rejects.toMatchObject({ code: 'empty_set' })
  })
})
