import { float64At } from '../data/element.js'
import { featureRows } from '../data/feature-rows.js'
import { checkClassTarget, checkFeatures, checkSampleWeights, featureNames } from '../estimators/check-input.js'
import type { Estimator, FitInput } from '../estimators/estimator.js'
import { createPace } from '../estimators/pace.js'
import { classWeights } from '../estimators/row-weights.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { deriveSeed } from '../random/derive-seed.js'
import { addLinearClassifierToGraph } from './add-linear-to-graph.js'
import type { FittedOutputs } from './fit-loss.js'
import { linearAcceptance } from './linear-acceptance.js'
import { linearDecision } from './linear-decision.js'
import { coefficientSizes, type LinearClassifier, type ScoreLink } from './linear-model.js'
import { occurringClasses, spreadOutputs } from './occurring-classes.js'
import { binaryTasks, joinOutputs } from './one-against-rest.js'
import { predictLinearClassifier } from './predict-linear.js'
import { assertRate } from './sgd-check.js'
import { descendStochastically } from './sgd-descent.js'
import type { ClassLoss } from './sgd-losses.js'
import { type SgdClassifierParameters, sgdClassifierParameters } from './sgd-parameters.js'

/**
 * Linear classifier by stochastic gradient descent, one class against the rest. It has probabilities with `log_loss`,
 * and of two classes with `modified_huber`; otherwise scores.
 */
export const sgdClassifier: Estimator<'classification', LinearClassifier, SgdClassifierParameters> = {
  kind: 'sgd_classifier',
  task: 'classification',
  sklearnName: 'SGDClassifier',
  parameters: sgdClassifierParameters,
  accepts: linearAcceptance,
  fit: fitSgdClassifier,
  predict: predictLinearClassifier,
  addToGraph: addLinearClassifierToGraph,
  decision: linearDecision,
  importances: coefficientSizes,
}

async function fitSgdClassifier(input: FitInput<'classification'>): Promise<LinearClassifier> {
  const { features, target, sampleWeights } = input
  const parameters = resolveParameters<SgdClassifierParameters>(sgdClassifierParameters, input.parameters ?? {})
  assertRate(parameters)
  checkFeatures(features, linearAcceptance)
  checkClassTarget(features, target)
  checkSampleWeights(features, sampleWeights, linearAcceptance)
  const { labels } = target
  const occurring = occurringClasses(labels)
  const rows = featureRows(features)
  const pace = createPace(input.signal)
  const tasks = binaryTasks(occurring, {
    classWeights: classWeights(labels, parameters.classWeight),
    sampleWeights,
  })
  const { maxIter } = parameters
  const fitted: FittedOutputs[] = []
  for (const [index, task] of tasks.entries()) {
    const onEpoch = (done: number, meanLoss: number) =>
      input.onProgress?.({
        done: index * maxIter + done,
        total: tasks.length * maxIter,
        metrics: { training_loss: meanLoss },
      })
    const seed = deriveSeed(parameters.seed, index)
    const problem = { ...task, rows, loss: parameters.loss, parameters, seed, validationScore: shareRight, onEpoch }
    fitted.push(await descendStochastically(problem, pace))
  }
  const joined = joinOutputs(fitted)
  const classCount = labels.classes.length
  const link = linkOf(parameters.loss, classCount)
  return Object.freeze({
    kind: 'sgd_classifier',
    featureNames: featureNames(features),
    featureCount: rows.columnCount,
    classes: labels.classes,
    link,
    ...joined,
    ...spreadOutputs(joined, occurring, { classCount, link }),
  })
}

function linkOf(loss: ClassLoss, classCount: number): ScoreLink {
  // Of more classes, several can be sure: their scores say which is surest, clipped ones do not.
  if (loss === 'modified_huber') return classCount === 2 ? 'clipped' : 'none'
  if (loss !== 'log_loss') return 'none'
  return classCount === 2 ? 'logistic' : 'logistic_shares'
}

function shareRight(targets: Float64Array, scores: Float64Array): number {
  let right = 0
  for (let index = 0; index < targets.length; index++) {
    if (float64At(scores, index) > 0 === float64At(targets, index) > 0) right++
  }
  return right / targets.length
}
