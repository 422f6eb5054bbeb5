import { float32At, float64At, itemAt } from '../data/element.js'
import type { ClassesPredicted } from './estimator.js'

/** Turns scores by row and class into probabilities by softmax, in place. */
export function softmaxRows(scores: Float64Array, classCount: number): void {
  for (let start = 0; start < scores.length; start += classCount) {
    let top = -Infinity
    for (let index = start; index < start + classCount; index++) top = Math.max(top, float64At(scores, index))
    let sum = 0
    for (let index = start; index < start + classCount; index++) {
      const share = Math.exp(float64At(scores, index) - top)
      scores[index] = share
      sum += share
    }
    for (let index = start; index < start + classCount; index++) scores[index] = float64At(scores, index) / sum
  }
}

/** Probabilities by row and class as a prediction: rounded to float32, as in a file, before the greatest is taken. */
export function classesOf(probabilities: Float64Array, classCount: number): ClassesPredicted {
  const rowCount = probabilities.length / classCount
  const columns = Array.from({ length: classCount }, (_, code) => {
    const column = new Float32Array(rowCount)
    for (let row = 0; row < rowCount; row++) column[row] = float64At(probabilities, row * classCount + code)
    return column
  })
  return { kind: 'classes', codes: greatestCodes(columns, rowCount), probabilities: columns, scores: null }
}

/** The class of the greatest value of each row, the lowest code among equals. */
export function greatestCodes(columns: readonly Float32Array[], rowCount: number): Int32Array {
  const codes = new Int32Array(rowCount)
  const best = itemAt(columns, 0).slice()
  for (let code = 1; code < columns.length; code++) {
    const column = itemAt(columns, code)
    for (let row = 0; row < rowCount; row++) {
      if (float32At(column, row) <= float32At(best, row)) continue
      best[row] = float32At(column, row)
      codes[row] = code
    }
  }
  return codes
}
