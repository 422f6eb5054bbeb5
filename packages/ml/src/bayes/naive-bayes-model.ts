import { float64At } from '../data/element.js'
import {
  checkClassTarget,
  checkFeatures,
  checkSampleWeights,
  featureCount,
  featureNames,
} from '../estimators/check-input.js'
import { classesOf, softmaxRows } from '../estimators/class-columns.js'
import type { Acceptance, ClassesPredicted, FitInput, FittedModel } from '../estimators/estimator.js'
import { rowWeights } from '../estimators/row-weights.js'
import { type ParameterSpec, parameter } from '../parameters/parameter-spec.js'

/** What all three have in common. */
export interface NaiveBayes extends FittedModel {
  readonly featureCount: number
  readonly classes: readonly string[]
  /** Natural logarithm of the prior of each class; -1e30 of one without rows. */
  readonly logPriors: Float64Array
}

/** Log prior of a class that has no rows: it is never predicted, yet finite in float32. */
export const absentLog = -1e30

/** Checks what every naive Bayes is fitted on, and gives the weight of each row. */
export function checkNaiveBayes(input: FitInput<'classification'>, accepts: Acceptance): Float64Array {
  const { features, target, sampleWeights } = input
  checkFeatures(features, accepts)
  checkClassTarget(features, target)
  checkSampleWeights(features, sampleWeights, accepts)
  return rowWeights(target.labels, null, sampleWeights)
}

export function namesOf({ features, target }: FitInput<'classification'>) {
  return {
    featureNames: featureNames(features),
    featureCount: featureCount(features),
    classes: target.labels.classes,
  }
}

/** Shares of the classes by weight, or equal ones; as logarithms. */
export function logPriorsOf(classTotals: Float64Array, isFitted: boolean): Float64Array {
  const sum = classTotals.reduce((before, total) => before + total, 0)
  const occurring = classTotals.filter((total) => total > 0).length
  return classTotals.map((total) => (total === 0 ? absentLog : isFitted ? Math.log(total / sum) : -Math.log(occurring)))
}

/** Joint logarithms by row and class become probabilities. */
export function predictJoint(joint: Float64Array, classCount: number): ClassesPredicted {
  softmaxRows(joint, classCount)
  return classesOf(joint, classCount)
}

/** Sum of the weights by class. */
export function totalsByClass(codes: Int32Array, weights: Float64Array, classCount: number): Float64Array {
  const totals = new Float64Array(classCount)
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] ?? 0
    totals[code] = float64At(totals, code) + float64At(weights, row)
  }
  return totals
}

export const alphaParameter: ParameterSpec = parameter('number', {
  name: 'alpha',
  sklearnName: 'alpha',
  default: 1,
  min: 0,
  search: { low: 0.001, high: 10, isLog: true },
  description: {
    en: 'Added to every count, so that nothing is impossible (Laplace is 1)',
    fr: 'Ajouté à chaque compte, pour que rien ne soit impossible (Laplace vaut 1)',
  },
})

export const fitPriorParameter: ParameterSpec = parameter('boolean', {
  name: 'fitPrior',
  sklearnName: 'fit_prior',
  default: true,
  description: {
    en: 'Whether classes count by how often they come, or all alike',
    fr: 'Si les classes comptent selon leur fréquence, ou toutes de même',
  },
})
