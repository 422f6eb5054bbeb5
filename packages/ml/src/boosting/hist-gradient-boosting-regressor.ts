import { itemAt } from '../data/element.js'
import { checkValueTarget } from '../estimators/check-input.js'
import type { Estimator, ValueTarget } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { addRawPredictions, addValues } from './add-boosting.js'
import type { BoostedRegressor } from './boosted-model.js'
import { type BoostingRegressorParameters, boostingRegressorParameters } from './boosting-parameters.js'
import { boostingAccepts, checkBoostingInput, fitBoosting } from './fit-boosting.js'
import { rawPredictions } from './leaf-sums.js'

/**
 * Trees on histograms, each correcting those before it. `fit` throws MlError as `checkFeatures`, `checkValueTarget` and
 * `checkSampleWeights`; `invalid_target` of a count below 0; `unknown_parameter`, `invalid_parameter`, `too_many_categories`,
 * `split_too_small` when rows are held out, `training_aborted`, `memory_limit` and `worker_failed`.
 */
export const histGradientBoostingRegressor: Estimator<'regression', BoostedRegressor, BoostingRegressorParameters> = {
  kind: 'hist_gradient_boosting_regressor',
  task: 'regression',
  sklearnName: 'HistGradientBoostingRegressor',
  parameters: boostingRegressorParameters,
  accepts: boostingAccepts,
  async fit({ features, target, sampleWeights, parameters: given, ...run }) {
    const parameters = resolveParameters(boostingRegressorParameters, given ?? {})
    const { loss, quantile } = parameters
    if (loss === 'quantile' && quantile === null) {
      throw new MlError('invalid_parameter', 'loss is "quantile" but quantile is null: give a share such as 0.9', {
        value: quantile,
      })
    }
    const matrix = checkBoostingInput(features, sampleWeights)
    checkValueTarget(features, target)
    if (loss === 'poisson') assertCounts(target)
    const trees = await fitBoosting(matrix, {
      ...{ run, parameters, loss, quantile: quantile ?? 0.5, outputCount: 1, strata: null },
      targets: target.values,
      weights: sampleWeights ?? null,
    })
    const featureNames = matrix.columns.map(({ name }) => name)
    return Object.freeze({ kind: 'hist_gradient_boosting_regressor', featureNames, ...trees })
  },
  predict(model, features) {
    const raw = itemAt(rawPredictions(model, features), 0)
    return { kind: 'values', values: model.loss === 'poisson' ? raw.map(Math.exp) : raw }
  },
  addToGraph(model, graph, features) {
    return { values: addValues(graph, addRawPredictions(model, graph, features), model.loss === 'poisson') }
  },
  importances: ({ importances }) => importances,
}

/** Poisson takes numbers of at least 0, of which one is above. */
function assertCounts({ values }: ValueTarget): void {
  const row = values.findIndex((value) => value < 0)
  if (row >= 0) {
    throw new MlError(
      'invalid_target',
      `The target of row ${row} is ${values[row]}: Poisson takes counts of at least 0`,
      {
        value: values[row],
      },
    )
  }
  if (values.some((value) => value > 0)) return
  throw new MlError('invalid_target', 'Every target is 0: Poisson needs at least one count above 0', { value: 0 })
}
