import { float32At, itemAt } from '../data/element.js'

/** The least float32 number above one half. */
export const aboveHalf = 0.5 + 2 ** -24

/** What turns a float32 number into a smaller one by a unit or two in the last place. */
export const belowOne = 1 - 2 ** -23

/**
 * Probabilities of two classes of one output, by the logistic function. Runtimes compute that within a unit in the last place; the class
 * is kept apart from it: it is the second one exactly when the output is above 0.
 */
export function binaryProbabilities(raw: Float32Array): readonly [Float32Array, Float32Array] {
  const second = raw.map((value) => {
    const share = Math.fround(1 / (1 + Math.exp(-value)))
    return value > 0 ? Math.max(share, aboveHalf) : Math.min(share, 0.5)
  })
  return [second.map((share) => 1 - share), second]
}

/**
 * Probabilities by class of one output per class, by softmax. The class is that of the greatest output exactly: others stay below its
 * probability, equal outputs have equal ones.
 */
export function softmaxProbabilities(raw: readonly Float32Array[]): readonly Float32Array[] {
  const columns = raw.map((column) => new Float32Array(column.length))
  const rowCount = itemAt(raw, 0).length
  const shares = new Float64Array(raw.length)
  for (let row = 0; row < rowCount; row++) {
    let top = -Infinity
    for (const column of raw) top = Math.max(top, float32At(column, row))
    let total = 0
    for (const [code, column] of raw.entries()) {
      shares[code] = Math.exp(float32At(column, row) - top)
      total += itemAt(shares, code)
    }
    const greatest = Math.fround(1 / total)
    const others = Math.fround(greatest * belowOne)
    for (const [code, column] of columns.entries()) {
      const isTop = float32At(itemAt(raw, code), row) === top
      column[row] = isTop ? greatest : Math.min(Math.fround(itemAt(shares, code) / total), others)
    }
  }
  return columns
}
