import type { ClassLabels } from '../data/class-labels.js'
import type { DesignMatrix } from '../data/design-matrix.js'
import type { FitRun } from '../estimators/estimator.js'
import { binFeatures } from './bin-features.js'
import { weightsOfClasses, weightsOfRows } from './class-weights.js'
import { assembleForest, type ForestClassifier, type ForestClassifierFrame } from './forest-classifier.js'
import type { ForestParameters } from './forest-parameters.js'
import type { ClassTask, ForestTask } from './forest-task.js'
import { growForest } from './grow-forest.js'
import { growthSettings } from './growth-settings.js'
import { outOfBagAccuracy } from './out-of-bag.js'
import { rowDraws } from './row-draws.js'
import { sharedFloats, sharedInts } from './shared-copy.js'

/** A checked set with what to make of it. */
export interface ClassifierFit extends FitRun {
  readonly matrix: DesignMatrix
  readonly labels: ClassLabels
  readonly sampleWeights: Float64Array | undefined
  /** Of a forest; those of a single tree are turned into these. */
  readonly parameters: ForestParameters
  readonly randomSplits: boolean
  readonly frame: Pick<ForestClassifierFrame, 'kind' | 'parameters'>
}

/** Fits a forest of classification trees of any kind. The same set, parameters and seed give the same model, bit by bit. */
export async function fitForestClassifier(fit: ClassifierFit): Promise<ForestClassifier> {
  const { matrix, labels, parameters } = fit
  const task = await classTask(fit)
  const trees = await growForest(task, parameters.nEstimators, fit)
  const forest = assembleForest(
    trees,
    { ...fit.frame, featureNames: matrix.columns.map(({ name }) => name), classes: labels.classes },
    task.settings.leafUnits,
  )
  if (!parameters.oobScore) return forest
  const outOfBagScore = await outOfBagAccuracy(forest, { matrix, task, codes: labels.codes, signal: fit.signal })
  return Object.freeze({ ...forest, outOfBagScore })
}

/** Drawn rows are drawn by their weight and then weigh their draws; rows that are all taken weigh what they weigh. */
async function classTask(fit: ClassifierFit): Promise<ForestTask & { readonly target: ClassTask }> {
  const { matrix, labels, sampleWeights, parameters, randomSplits } = fit
  const { rowCount, columns } = matrix
  const settings = growthSettings({ parameters, randomSplits }, { rowCount, featureCount: columns.length })
  const isBalancedBySample = parameters.bootstrap && parameters.classWeight === 'balanced_subsample'
  const classWeights = isBalancedBySample ? null : weightsOfClasses(labels, parameters.classWeight)
  const drawWeights = parameters.bootstrap ? weightsOfRows(labels.codes, sampleWeights, classWeights) : null
  const draws = rowDraws(parameters, rowCount, drawWeights)
  return {
    rowCount,
    ...(await binFeatures(matrix, fit.signal)),
    draws,
    rowWeights: parameters.bootstrap || sampleWeights === undefined ? null : sharedFloats(sampleWeights),
    target: {
      kind: 'classes',
      classCount: labels.classes.length,
      codes: sharedInts(labels.codes),
      classWeights: (parameters.bootstrap ? null : classWeights) ?? new Float64Array(labels.classes.length).fill(1),
      isBalancedBySample,
    },
    settings,
  }
}
