import { float64At } from '../data/element.js'
import type { FeatureRows } from '../data/feature-rows.js'
import { greatestCodes, softmaxRows } from '../estimators/class-columns.js'
import type { ClassesPredicted, Features, ValuesPredicted } from '../estimators/estimator.js'
import { modelRows } from '../estimators/model-rows.js'
import { denseScores } from './dense-kernels.js'
import type { LinearClassifier, LinearFunction, LinearRegressor, ScoreLink } from './linear-model.js'
import { sparseScores } from './sparse-kernels.js'

/**
 * Predicts numbers, in float64; a file gives them rounded to float32.
 * @throws MlError `missing_feature`, `length_mismatch` or `non_finite_value`
 */
export function predictLinearRegressor(model: LinearRegressor, features: Features): ValuesPredicted {
  return { kind: 'values', values: linearScores(model, modelRows(model, features)) }
}

/**
 * Predicts classes with their probabilities or scores. These are rounded to float32, as in a file, before the greatest is taken.
 * @throws MlError `missing_feature`, `length_mismatch` or `non_finite_value`
 */
export function predictLinearClassifier(model: LinearClassifier, features: Features): ClassesPredicted {
  const classCount = model.classes.length
  const scores = classScores(model, features)
  applyLink(scores, classCount, model.link)
  const columns = split(scores, classCount)
  const isScored = model.link === 'none'
  return {
    kind: 'classes',
    codes: greatestCodes(columns, features.rowCount),
    probabilities: isScored ? null : columns,
    scores: isScored ? columns : null,
  }
}

/**
 * The scores of a classifier alone, whatever its link: by class code, rounded to float32, as in a file.
 * @throws MlError as `predictLinearClassifier`
 */
export function predictLinearDecision(model: LinearClassifier, features: Features): readonly Float32Array[] {
  return split(classScores(model, features), model.classes.length)
}

function classScores(model: LinearClassifier, features: Features): Float64Array {
  const outputs = linearScores(model, modelRows(model, features))
  return model.classes.length === 2 ? mirrored(outputs) : outputs
}

/** Scores by row and output. */
export function linearScores(model: LinearFunction, rows: FeatureRows): Float64Array {
  const { coefficients, intercepts, featureCount } = model
  const outputCount = intercepts.length
  const { rowCount } = rows
  const scores = new Float64Array(rowCount * outputCount)
  const parameters = new Float64Array(coefficients.length + outputCount)
  parameters.set(intercepts, coefficients.length)
  if (rows.kind === 'dense') {
    parameters.set(coefficients)
    const block = { values: rows.values, columnCount: featureCount, outputCount, from: 0, to: rowCount }
    denseScores(block, parameters, scores)
  } else {
    for (let output = 0; output < outputCount; output++) {
      for (let feature = 0; feature < featureCount; feature++) {
        parameters[feature * outputCount + output] = float64At(coefficients, output * featureCount + feature)
      }
    }
    sparseScores(rows, { outputCount, from: 0, to: rowCount }, { parameters, scores })
  }
  return scores
}

/** Of two classes, the scores are -s and s. */
function mirrored(scores: Float64Array): Float64Array {
  const both = new Float64Array(2 * scores.length)
  for (let row = 0; row < scores.length; row++) {
    both[2 * row] = -float64At(scores, row)
    both[2 * row + 1] = float64At(scores, row)
  }
  return both
}

/** Turns scores by row and class into probabilities, in place, as the nodes of a file do. */
function applyLink(scores: Float64Array, classCount: number, link: ScoreLink): void {
  switch (link) {
    case 'none':
      return
    case 'softmax':
      softmaxRows(scores, classCount)
      return
    case 'clipped':
      for (let index = 0; index < scores.length; index++) {
        scores[index] = Math.min(1, Math.max(0, (float64At(scores, index) + 1) / 2))
      }
      return
    case 'logistic':
      toLogistic(scores)
      return
    case 'logistic_shares':
      toLogistic(scores)
      toShares(scores, classCount)
  }
}

function toLogistic(scores: Float64Array): void {
  for (let index = 0; index < scores.length; index++) scores[index] = 1 / (1 + Math.exp(-float64At(scores, index)))
}

/** Added to shares that could all be 0: they are then equal. */
export const leastShare = 1e-300

function toShares(scores: Float64Array, classCount: number): void {
  for (let start = 0; start < scores.length; start += classCount) {
    let sum = 0
    for (let index = start; index < start + classCount; index++) sum += float64At(scores, index) + leastShare
    for (let index = start; index < start + classCount; index++) {
      scores[index] = (float64At(scores, index) + leastShare) / sum
    }
  }
}

function split(values: Float64Array, classCount: number): Float32Array[] {
  const rowCount = values.length / classCount
  return Array.from({ length: classCount }, (_, code) => {
    const column = new Float32Array(rowCount)
    for (let row = 0; row < rowCount; row++) column[row] = float64At(values, row * classCount + code)
    return column
  })
}
