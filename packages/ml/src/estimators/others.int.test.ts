import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { diabetes, everyThird, iris, standardised, takeRows, takeTarget } from '../../test/data-sets.js'
import { expectSameInOnnx } from '../../test/expect-same-in-onnx.js'
import { bernoulliNb } from '../bayes/bernoulli-nb.js'
import { gaussianNb } from '../bayes/gaussian-nb.js'
import { multinomialNb } from '../bayes/multinomial-nb.js'
import { kMeans } from '../cluster/k-means.js'
import { classLabels } from '../data/class-labels.js'
import { type DesignMatrix, designMatrix, numericColumn } from '../data/design-matrix.js'
import { itemAt } from '../data/element.js'
import { pca } from '../decomposition/pca.js'
import { dummyClassifier } from '../dummy/dummy-classifier.js'
import { dummyRegressor } from '../dummy/dummy-regressor.js'
import { accuracy } from '../metrics/classification.js'
import { regressionScores } from '../metrics/regression.js'
import { kNeighborsClassifier } from '../neighbors/k-neighbors-classifier.js'
import { kNeighborsRegressor } from '../neighbors/k-neighbors-regressor.js'
import { mlpClassifier } from '../neural/mlp-classifier.js'
import { mlpRegressor } from '../neural/mlp-regressor.js'
import type { ClassTarget, Estimator } from './estimator.js'

/** Made with scikit-learn by `test/conformance/ml_parity/others.py`. */
const parity: unknown = JSON.parse(readFileSync(new URL('../../test/parity/others.json', import.meta.url), 'utf8'))
const scored = parity as Readonly<Record<string, { accuracy: number; probabilities: number[][]; values: number[] }>>
const expected = parity as {
  readonly k_means_inertia: number
  readonly mlp_regressor: number
  readonly pca: {
    readonly components: number[][]
    readonly explained_variance: number[]
    readonly explained_variance_ratio: number[]
    readonly transformed: number[][]
    readonly whitened: number[][]
    readonly count_for_95: number
  }
}

function itemOf(name: string) {
  const found = scored[name]
  if (found === undefined) throw new Error(`There is no case ${name}`)
  return found
}

const twoRows = Int32Array.from({ length: 100 }, (_, row) => row)
const two = {
  matrix: takeRows(iris.matrix, twoRows),
  target: {
    kind: 'classes',
    labels: classLabels(iris.target.labels.codes.slice(0, 100), iris.target.labels.classes.slice(0, 2)),
  } satisfies ClassTarget,
}
const scaled = standardised(diabetes.matrix)

async function classified(
  estimator: Estimator<'classification'>,
  set: { readonly matrix: DesignMatrix; readonly target: ClassTarget },
  parameters: Readonly<Record<string, unknown>>,
) {
  const { train, test: tested } = everyThird(set.matrix.rowCount)
  const features = takeRows(set.matrix, train)
  const model = await estimator.fit({ features, target: takeTarget(set.target, train), parameters })
  await expectSameInOnnx(estimator, model, set.matrix)
  const predicted = estimator.predict(model, takeRows(set.matrix, tested))
  return { predicted, accuracy: accuracy(takeTarget(set.target, tested).labels.codes, predicted.codes) }
}

async function regressed(
  estimator: Estimator<'regression'>,
  matrix: DesignMatrix,
  parameters: Readonly<Record<string, unknown>>,
) {
  const { train, test: tested } = everyThird(matrix.rowCount)
  const features = takeRows(matrix, train)
  const model = await estimator.fit({ features, target: takeTarget(diabetes.target, train), parameters })
  await expectSameInOnnx(estimator, model, matrix)
  const { values } = estimator.predict(model, takeRows(matrix, tested))
  return { values, r2: regressionScores(takeTarget(diabetes.target, tested).values, values).r2 }
}

describe('probabilities are those of scikit-learn, and of the file', () => {
  test.each([
    { name: 'dummy_classifier', estimator: dummyClassifier, set: iris, parameters: {} },
    {
      name: 'dummy_classifier_most_frequent',
      estimator: dummyClassifier,
      set: iris,
      parameters: { strategy: 'most_frequent' },
    },
    { name: 'gaussian_nb', estimator: gaussianNb, set: iris, parameters: {} },
    { name: 'gaussian_nb_two', estimator: gaussianNb, set: two, parameters: {} },
    { name: 'multinomial_nb', estimator: multinomialNb, set: iris, parameters: { alpha: 0.5 } },
    { name: 'multinomial_nb_two', estimator: multinomialNb, set: two, parameters: { fit_prior: false } },
    { name: 'bernoulli_nb', estimator: bernoulliNb, set: iris, parameters: { binarize: 2.5 } },
  ])('$name', async ({ name, estimator, set, parameters }) => {
    const found = await classified(estimator, set, parameters)
    expect(found.accuracy).toBe(itemOf(name).accuracy)
    for (const [code, column] of (found.predicted.probabilities ?? []).entries())
      expect([...column]).toEqual(itemOf(name).probabilities[code]?.map((value) => expect.closeTo(value, 6)))
  })
})

describe('accuracy is that of scikit-learn', () => {
  test.each([
    { name: 'k_neighbors_classifier', parameters: {} },
    { name: 'k_neighbors_classifier_distance', parameters: { n_neighbors: 7, weights: 'distance' } },
    { name: 'k_neighbors_classifier_manhattan', parameters: { metric: 'manhattan' } },
  ])('$name', async ({ name, parameters }) => {
    const found = await classified(kNeighborsClassifier, iris, parameters)
    expect(Math.abs(found.accuracy - itemOf(name).accuracy)).toBeLessThanOrEqual(0.01)
  })

  test.each(['relu', 'tanh', 'logistic'])('mlp_classifier, %s', async (activation) => {
    const set = { ...iris, matrix: standardised(iris.matrix) }
    const parameters = { hidden_layer_sizes: [20], max_iter: 1000, activation }
    const found = await classified(mlpClassifier, set, parameters)
    // One row of fifty is 0.02.
    expect(Math.abs(found.accuracy - itemOf('mlp_classifier').accuracy)).toBeLessThanOrEqual(0.021)
  })

  test('mlp_classifier of two classes, by sgd with early stopping', async () => {
    const parameters = {
      solver: 'sgd',
      early_stopping: true,
      learning_rate_init: 0.05,
      batch_size: 10,
      hidden_layer_sizes: [8, 4],
    }
    const set = { ...two, matrix: standardised(two.matrix) }
    const found = await classified(mlpClassifier, set, parameters)
    expect(found.accuracy).toBeGreaterThan(0.9)
  })
})

describe('predicted numbers are those of scikit-learn, and of the file', () => {
  test.each([
    { name: 'dummy_regressor', estimator: dummyRegressor, parameters: {} },
    {
      name: 'dummy_regressor_quantile',
      estimator: dummyRegressor,
      parameters: { strategy: 'quantile', quantile: 0.9 },
    },
    { name: 'k_neighbors_regressor', estimator: kNeighborsRegressor, parameters: {} },
    {
      name: 'k_neighbors_regressor_distance',
      estimator: kNeighborsRegressor,
      parameters: { n_neighbors: 9, weights: 'distance' },
    },
  ])('$name', async ({ name, estimator, parameters }) => {
    const found = await regressed(estimator, scaled, parameters)
    expect([...found.values]).toEqual(itemOf(name).values.map((value) => expect.closeTo(value, 3)))
  })

  test('mlp_regressor, in the median of some seeds', async () => {
    const found: number[] = []
    for (const seed of [0, 1, 2]) {
      const parameters = { hidden_layer_sizes: [20], max_iter: 400, learning_rate_init: 0.01, seed }
      const { r2 } = await regressed(mlpRegressor, scaled, parameters)
      found.push(r2)
    }
    expect(
      Math.abs(
        itemAt(
          found.sort((a, b) => a - b),
          2,
        ) - expected.mlp_regressor,
      ),
    ).toBeLessThan(0.03)
  })
})

test('k_means comes as near to the rows as scikit-learn', async () => {
  const model = await kMeans.fit({ features: iris.matrix, target: null, parameters: { n_clusters: 3, n_init: 10 } })
  expect(model.inertia).toBeCloseTo(expected.k_means_inertia, 3)
  await expectSameInOnnx(kMeans, model, iris.matrix)
  const same = await kMeans.fit({ features: iris.matrix, target: null, parameters: { n_clusters: 3, n_init: 10 } })
  expect(same).toEqual(model)
})

describe('pca', () => {
  test('components, variances and coordinates are those of scikit-learn', async () => {
    const model = await pca.fit({ features: iris.matrix, target: null })
    const close = (value: number) => expect.closeTo(value, 9)
    expect([...model.components]).toEqual(expected.pca.components.flat().map(close))
    expect([...model.explainedVariance]).toEqual(expected.pca.explained_variance.map(close))
    expect([...model.explainedVarianceRatio]).toEqual(expected.pca.explained_variance_ratio.map(close))
    const { columns } = pca.predict(model, iris.matrix)
    for (const [row, values] of expected.pca.transformed.entries())
      expect(columns.map((column) => column[row])).toEqual(values.map((value) => expect.closeTo(value, 5)))
    await expectSameInOnnx(pca, model, iris.matrix)
  })

  test('whitened, and as many components as explain a share', async () => {
    const model = await pca.fit({ features: iris.matrix, target: null, parameters: { n_components: 2, whiten: true } })
    const { columns } = pca.predict(model, iris.matrix)
    for (const [row, values] of expected.pca.whitened.entries())
      expect(columns.map((column) => column[row])).toEqual(values.map((value) => expect.closeTo(value, 5)))
    await expectSameInOnnx(pca, model, iris.matrix)
    const some = await pca.fit({ features: iris.matrix, target: null, parameters: { n_components: 0.95 } })
    expect(some.componentCount).toBe(expected.pca.count_for_95)
  })
})

describe('what cannot be learnt is refused', () => {
  const one = designMatrix([numericColumn('a', [1, 2])])
  const target: ClassTarget = { kind: 'classes', labels: classLabels(Int32Array.of(0, 1), ['no', 'yes']) }
  test.each([
    {
      name: 'fewer rows than neighbours',
      code: 'empty_set',
      fit: () => kNeighborsClassifier.fit({ features: one, target }),
    },
    {
      name: 'fewer rows than clusters',
      code: 'empty_set',
      fit: () => kMeans.fit({ features: one, target: null }),
    },
    {
      name: 'negative counts',
      code: 'negative_value',
      fit: () => multinomialNb.fit({ features: designMatrix([numericColumn('a', [-1, 2])]), target }),
    },
    {
      name: 'a missing value',
      code: 'non_finite_value',
      fit: () => gaussianNb.fit({ features: designMatrix([numericColumn('a', [Number.NaN, 2])]), target }),
    },
    {
      name: 'more components than features',
      code: 'invalid_parameter',
      fit: () => pca.fit({ features: one, target: null, parameters: { n_components: 2 } }),
    },
    {
      name: 'weights of rows where there are none',
      code: 'weights_unsupported',
      fit: () => mlpClassifier.fit({ features: one, target, sampleWeights: Float64Array.of(1, 1) }),
    },
    {
      name: 'steps that are too large',
      code: 'not_converging',
      fit: () =>
        mlpRegressor.fit({
          features: diabetes.matrix,
          target: diabetes.target,
          parameters: { solver: 'sgd', learning_rate_init: 10, activation: 'identity' },
        }),
    },
  ])('$name', async ({ code, fit }) => {
    await expect(fit()).rejects.toMatchObject({ code })
  })

  test('an abort ends a fit', async () => {
    const signal = AbortSignal.abort()
    const fit = mlpRegressor.fit({ features: diabetes.matrix, target: diabetes.target, signal })
    await expect(fit).rejects.toMatchObject({ code: 'training_aborted' })
  })
})
