import { entryCount, featureRows } from '../data/feature-rows.js'
import { checkClassTarget, checkFeatures, checkSampleWeights, featureNames } from '../estimators/check-input.js'
import type { Estimator, FitInput } from '../estimators/estimator.js'
import { rowWeights, total } from '../estimators/row-weights.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { addLinearClassifierToGraph } from './add-linear-to-graph.js'
import { fitLoss } from './fit-loss.js'
import { linearAcceptance } from './linear-acceptance.js'
import { linearDecision } from './linear-decision.js'
import { coefficientSizes, type LinearClassifier } from './linear-model.js'
import { type LogisticParameters, logisticParameters, penaltyShares } from './logistic-parameters.js'
import { usefulThreads } from './loss-objective.js'
import { occurringClasses, spreadOutputs } from './occurring-classes.js'
import { predictLinearClassifier } from './predict-linear.js'

/**
 * Logistic regression: of two classes by one output, of more by softmax. It minimises scikit-learn's objective and stops at its
 * tolerance, whatever solver is named there.
 */
export const logisticRegression: Estimator<'classification', LinearClassifier, LogisticParameters> = {
  kind: 'logistic_regression',
  task: 'classification',
  sklearnName: 'LogisticRegression',
  parameters: logisticParameters,
  accepts: linearAcceptance,
  fit: fitLogistic,
  predict: predictLinearClassifier,
  addToGraph: addLinearClassifierToGraph,
  decision: linearDecision,
  importances: coefficientSizes,
}

async function fitLogistic(input: FitInput<'classification'>): Promise<LinearClassifier> {
  const { features, target, sampleWeights } = input
  const parameters = resolveParameters<LogisticParameters>(logisticParameters, input.parameters ?? {})
  checkFeatures(features, linearAcceptance)
  checkClassTarget(features, target)
  checkSampleWeights(features, sampleWeights, linearAcceptance)
  const { labels } = target
  const occurring = occurringClasses(labels)
  const isBinary = occurring.codes.length === 2
  const outputCount = isBinary ? 1 : occurring.codes.length
  const weights = rowWeights(labels, parameters.classWeight, sampleWeights)
  const scale = 1 / total(weights)
  const shares = penaltyShares(parameters)
  const threadCount = usefulThreads(entryCount(features), outputCount, input)
  const rows = featureRows(features, threadCount > 0)
  const fitted = await fitLoss({
    rows,
    outputCount,
    loss: isBinary ? 'logistic' : 'softmax',
    targets: occurring.positions,
    weights,
    scale,
    l1: (scale * shares.l1) / parameters.C,
    l2: (scale * shares.l2) / parameters.C,
    intercept: parameters.fitIntercept ? { l1: 0, l2: 0 } : null,
    bend: isBinary ? 0.25 : (1 - 1 / outputCount) / outputCount,
    tolerance: parameters.tol,
    maxIterations: parameters.maxIter,
    threadCount,
    run: input,
  })
  const classCount = labels.classes.length
  const link = classCount === 2 ? 'logistic' : 'softmax'
  const spread = spreadOutputs(fitted, occurring, { classCount, link })
  return Object.freeze({
    kind: 'logistic_regression',
    featureNames: featureNames(features),
    featureCount: rows.columnCount,
    classes: labels.classes,
    link,
    coefficients: spread.coefficients,
    intercepts: spread.intercepts,
    iterations: fitted.iterations,
    hasConverged: fitted.hasConverged,
  })
}
