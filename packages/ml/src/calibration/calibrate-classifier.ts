import { float64At, itemAt } from '../data/element.js'
import { greatestCodes } from '../estimators/class-columns.js'
import type { ClassesPredicted, FloatColumn } from '../estimators/estimator.js'
import { assertPaired } from '../metrics/check-pairs.js'
import { isClass } from '../metrics/ranking.js'
import { MlError } from '../ml-error.js'
import { fitIsotonic, type IsotonicCalibration, isotonicProbability } from './fit-isotonic.js'
import { fitSigmoid, type SigmoidCalibration, sigmoidProbability } from './fit-sigmoid.js'

export const calibrationMethods = ['sigmoid', 'isotonic'] as const
export type CalibrationMethod = (typeof calibrationMethods)[number]
export type ClassCalibration = SigmoidCalibration | IsotonicCalibration

/** Turns what a classifier says into probabilities that hold; one for each class, or for the second of two. */
export interface Calibration {
  readonly kind: 'calibration'
  readonly method: CalibrationMethod
  readonly classes: readonly ClassCalibration[]
}

/**
 * Learns a calibration from rows that the classifier was not trained on, as scikit-learn's `CalibratedClassifierCV` of one classifier: each
 * class against the others, on its score or probability, rounded to float32 as a file has it.
 * @param columns scores or probabilities by class code; NaN where a row says nothing of a class
 * @throws MlError `length_mismatch`, `empty_set` or `single_class` when a class has none or all of the rows
 */
export function fitCalibration(
  truth: Int32Array,
  columns: readonly FloatColumn[],
  method: CalibrationMethod,
  weights?: Float64Array,
): Calibration {
  assertPaired(truth.length, columns[0]?.length ?? 0)
  const classes = usedCodes(columns).map((code) => {
    const column = Float32Array.from(itemAt(columns, code))
    const isPositive = isClass(truth, code)
    const own = column.some(Number.isNaN) ? present(column, isPositive, weights) : { column, isPositive, weights }
    if (!own.isPositive.includes(1) || !own.isPositive.includes(0)) {
      throw new MlError('single_class', `Class ${code} has none or all of the rows: a calibration needs both kinds`, {
        value: code,
      })
    }
    const fit = method === 'sigmoid' ? fitSigmoid : fitIsotonic
    return fit(own.column, own.isPositive, own.weights)
  })
  return { kind: 'calibration', method, classes }
}

/** What the classifier says, with calibrated probabilities, rounded to float32 as in a file before the greatest is taken. */
export function calibrate(calibration: Calibration, columns: readonly FloatColumn[]): ClassesPredicted {
  const used = usedCodes(columns)
  const rowCount = columns[0]?.length ?? 0
  const probabilities = columns.map(() => new Float32Array(rowCount))
  const shares = new Float64Array(columns.length)
  for (let row = 0; row < rowCount; row++) {
    let total = 0
    for (const [index, one] of calibration.classes.entries()) {
      const code = itemAt(used, index)
      const score = Math.fround(itemAt(itemAt(columns, code), row))
      const share = one.kind === 'sigmoid' ? sigmoidProbability(one, score) : isotonicProbability(one, score)
      shares[code] = share
      total += share
    }
    if (columns.length === 2) shares[0] = 1 - float64At(shares, 1)
    for (const [code, column] of probabilities.entries()) {
      const share = float64At(shares, code)
      column[row] = columns.length === 2 ? share : total === 0 ? 1 / columns.length : share / total
    }
  }
  return { kind: 'classes', codes: greatestCodes(probabilities, rowCount), probabilities, scores: null }
}

/** Of two classes the second says all. */
function usedCodes(columns: readonly FloatColumn[]): readonly number[] {
  return columns.length === 2 ? [1] : [...columns.keys()]
}

/** The rows that say something. */
function present(column: Float32Array, isPositive: Uint8Array, weights: Float64Array | undefined) {
  const rows = [...column.keys()].filter((row) => !Number.isNaN(itemAt(column, row)))
  return {
    column: Float32Array.from(rows, (row) => itemAt(column, row)),
    isPositive: Uint8Array.from(rows, (row) => itemAt(isPositive, row)),
    weights: weights === undefined ? undefined : Float64Array.from(rows, (row) => float64At(weights, row)),
  }
}
