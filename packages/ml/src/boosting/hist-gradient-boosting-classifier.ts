import { checkClassTarget } from '../estimators/check-input.js'
import { greatestCodes } from '../estimators/class-columns.js'
import type { Estimator } from '../estimators/estimator.js'
import { classWeights } from '../estimators/row-weights.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { addBinaryLink, addBothScores, addRawPredictions, addSoftmaxLink } from './add-boosting.js'
import type { BoostedClassifier } from './boosted-model.js'
import { type BoostingClassifierParameters, boostingClassifierParameters } from './boosting-parameters.js'
import { boostingAccepts, checkBoostingInput, fitBoosting } from './fit-boosting.js'
import { rawPredictions } from './leaf-sums.js'
import { binaryProbabilities, softmaxProbabilities } from './link.js'

/**
 * Trees on histograms, each correcting those before it. One output for two classes, one per class for more. `fit` throws MlError as
 * `checkFeatures`, `checkClassTarget` and `checkSampleWeights`; `unknown_parameter`, `invalid_parameter`, `too_many_categories`,
 * `class_too_small` or `split_too_small` when rows are held out, `training_aborted`, `memory_limit` and `worker_failed`.
 */
export const histGradientBoostingClassifier: Estimator<
  'classification',
  BoostedClassifier,
  BoostingClassifierParameters
> = {
  kind: 'hist_gradient_boosting_classifier',
  task: 'classification',
  sklearnName: 'HistGradientBoostingClassifier',
  parameters: boostingClassifierParameters,
  accepts: boostingAccepts,
  async fit({ features, target, sampleWeights, parameters: given, ...run }) {
    const parameters = resolveParameters(boostingClassifierParameters, given ?? {})
    const matrix = checkBoostingInput(features, sampleWeights)
    checkClassTarget(features, target)
    const { codes, classes } = target.labels
    const isBinary = classes.length === 2
    const byClass = parameters.classWeight === null ? null : classWeights(target.labels, parameters.classWeight)
    const weights =
      byClass === null
        ? (sampleWeights ?? null)
        : Float64Array.from(codes, (code, row) => (byClass[code] ?? 1) * (sampleWeights?.[row] ?? 1))
    const trees = await fitBoosting(matrix, {
      ...{ run, parameters, weights, quantile: 0.5, strata: codes },
      loss: isBinary ? 'log_loss' : 'multinomial_log_loss',
      outputCount: isBinary ? 1 : classes.length,
      targets: Float64Array.from(codes),
    })
    const featureNames = matrix.columns.map(({ name }) => name)
    return Object.freeze({ kind: 'hist_gradient_boosting_classifier', featureNames, classes, ...trees })
  },
  predict(model, features) {
    const raw = rawPredictions(model, features)
    const [first] = raw
    const probabilities = raw.length === 1 && first ? binaryProbabilities(first) : softmaxProbabilities(raw)
    return { kind: 'classes', codes: greatestCodes(probabilities, features.rowCount), probabilities, scores: null }
  },
  addToGraph(model, graph, features) {
    const raw = addRawPredictions(model, graph, features)
    return { probabilities: model.baseline.length === 1 ? addBinaryLink(graph, raw) : addSoftmaxLink(graph, raw) }
  },
  decision: {
    predict(model, features) {
      const raw = rawPredictions(model, features)
      const [first] = raw
      return raw.length === 1 && first ? [first.map((score) => -score), first] : raw
    },
    addToGraph(model, graph, features) {
      const raw = addRawPredictions(model, graph, features)
      return model.baseline.length === 1 ? addBothScores(graph, raw) : raw
    },
  },
  importances: ({ importances }) => importances,
}
