import { int32At, itemAt } from '../data/element.js'
import type { ClassesPredicted, FloatColumn } from '../estimators/estimator.js'
import { assertPaired } from '../metrics/check-pairs.js'
import { isClass } from '../metrics/ranking.js'
import { MlError } from '../ml-error.js'
import { fitIsotonic, type IsotonicCalibration, isotonicProbability } from './fit-isotonic.js'
import { fitSigmoid, type SigmoidCalibration, sigmoidProbability } from './fit-sigmoid.js'

export type CalibrationMethod = 'sigmoid' | 'isotonic'
export type ClassCalibration = SigmoidCalibration | IsotonicCalibration

/** Turns what a classifier says into probabilities that hold; one for each class, or for the second of two. */
export interface Calibration {
  readonly kind: 'calibration'
  readonly method: CalibrationMethod
  readonly classes: readonly ClassCalibration[]
}

/**
 * Learns a calibration from rows that the classifier was not trained on, as scikit-learn's `CalibratedClassifierCV` of a fitted
 * classifier: each class against the others, on its score or probability.
 * @throws MlError `length_mismatch`, `empty_set` or `single_class` when a class has none or all of the rows
 */
export function fitCalibration(
  truth: Int32Array,
  predicted: ClassesPredicted,
  method: CalibrationMethod,
  weights?: Float64Array,
): Calibration {
  const columns = rawColumns(predicted)
  assertPaired(truth.length, columns[0]?.length ?? 0)
  const used = columns.length === 2 ? [1] : [...columns.keys()]
  const classes = used.map((code) => {
    const isPositive = isClass(truth, code)
    if (!isPositive.includes(1) || !isPositive.includes(0)) {
      throw new MlError('single_class', `Class ${code} has none or all of the rows: a calibration needs both kinds`, {
        value: code,
      })
    }
    const column = itemAt(columns, code)
    return method === 'sigmoid' ? fitSigmoid(column, isPositive, weights) : fitIsotonic(column, isPositive, weights)
  })
  return { kind: 'calibration', method, classes }
}

/** What the classifier says, with calibrated probabilities that add up to 1. */
export function calibrate(calibration: Calibration, predicted: ClassesPredicted): ClassesPredicted {
  const columns = rawColumns(predicted)
  const rowCount = columns[0]?.length ?? 0
  const probabilities = columns.map(() => new Float64Array(rowCount))
  const codes = new Int32Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const values = calibration.classes.map((one, index) => {
      const score = itemAt(itemAt(columns, columns.length === 2 ? 1 : index), row)
      return one.kind === 'sigmoid' ? sigmoidProbability(one, score) : isotonicProbability(one, score)
    })
    const shares = columns.length === 2 ? [1 - itemAt(values, 0), itemAt(values, 0)] : normalised(values)
    for (const [code, share] of shares.entries()) {
      itemAt(probabilities, code)[row] = share
      if (share > itemAt(shares, int32At(codes, row))) codes[row] = code
    }
  }
  return { kind: 'classes', codes, probabilities, scores: null }
}

function normalised(values: readonly number[]): number[] {
  const total = values.reduce((before, value) => before + value, 0)
  return values.map((value) => (total === 0 ? 1 / values.length : value / total))
}

/** Scores where there are any, as they say more than the probabilities made of them. */
function rawColumns({ scores, probabilities }: ClassesPredicted): readonly FloatColumn[] {
  return scores ?? probabilities ?? []
}
