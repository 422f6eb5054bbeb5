import { float64At } from '../data/element.js'

/** Some rows of a dense matrix and what belongs to them; `outputs` per row are side by side from `from` on. */
export interface DenseBlock {
  /** All rows side by side. */
  readonly values: Float64Array
  readonly columnCount: number
  readonly outputCount: number
  readonly from: number
  readonly to: number
}

/**
 * Scores of a block: `scores[(row - from) * outputCount + output]`.
 * @param parameters coefficients of one output after another, then one intercept each
 */
export function denseScores(block: DenseBlock, parameters: Float64Array, scores: Float64Array): void {
  const { outputCount } = block
  let output = 0
  for (; output + 4 <= outputCount; output += 4) fourScores(block, parameters, { scores, output })
  for (; output < outputCount; output++) oneScore(block, parameters, { scores, output })
}

interface ScorePlace {
  readonly scores: Float64Array
  readonly output: number
}

/** Four outputs at a time, so that each value is read once for four products. */
function fourScores(block: DenseBlock, parameters: Float64Array, { scores, output }: ScorePlace): void {
  const { values, columnCount, outputCount, from, to } = block
  const first = output * columnCount
  const second = first + columnCount
  const third = second + columnCount
  const fourth = third + columnCount
  const intercepts = outputCount * columnCount + output
  for (let row = from; row < to; row++) {
    const start = row * columnCount
    let a = float64At(parameters, intercepts)
    let b = float64At(parameters, intercepts + 1)
    let c = float64At(parameters, intercepts + 2)
    let d = float64At(parameters, intercepts + 3)
    for (let column = 0; column < columnCount; column++) {
      const value = float64At(values, start + column)
      a += value * float64At(parameters, first + column)
      b += value * float64At(parameters, second + column)
      c += value * float64At(parameters, third + column)
      d += value * float64At(parameters, fourth + column)
    }
    const at = (row - from) * outputCount + output
    scores[at] = a
    scores[at + 1] = b
    scores[at + 2] = c
    scores[at + 3] = d
  }
}

function oneScore(block: DenseBlock, parameters: Float64Array, { scores, output }: ScorePlace): void {
  const { values, columnCount, outputCount, from, to } = block
  const first = output * columnCount
  const intercept = float64At(parameters, outputCount * columnCount + output)
  const pairs = columnCount & ~1
  for (let row = from; row < to; row++) {
    const start = row * columnCount
    let even = intercept
    let odd = 0
    for (let column = 0; column < pairs; column += 2) {
      even += float64At(values, start + column) * float64At(parameters, first + column)
      odd += float64At(values, start + column + 1) * float64At(parameters, first + column + 1)
    }
    if (pairs < columnCount) even += float64At(values, start + pairs) * float64At(parameters, first + pairs)
    scores[(row - from) * outputCount + output] = even + odd
  }
}

/**
 * Adds residual times row to the gradient, in the layout of the parameters.
 * @param residuals by row of the block and output
 * @param at where the gradient starts in `sums`
 */
export function addDenseGradient(
  block: DenseBlock,
  residuals: Float64Array,
  { sums, at }: { readonly sums: Float64Array; readonly at: number },
): void {
  const { columnCount, outputCount, from, to } = block
  for (let output = 0; output < outputCount; output++) {
    addOutputGradient(block, residuals, { sums, start: at + output * columnCount, output })
    let intercept = float64At(sums, at + outputCount * columnCount + output)
    for (let row = from; row < to; row++) intercept += float64At(residuals, (row - from) * outputCount + output)
    sums[at + outputCount * columnCount + output] = intercept
  }
}

/** Four rows at a time, so that each sum is written once for four products. */
function addOutputGradient(
  block: DenseBlock,
  residuals: Float64Array,
  place: { readonly sums: Float64Array; readonly start: number; readonly output: number },
): void {
  const { values, columnCount, outputCount, from, to } = block
  const { sums, start, output } = place
  let row = from
  let index = output
  for (; row + 4 <= to; row += 4, index += 4 * outputCount) {
    const a = float64At(residuals, index)
    const b = float64At(residuals, index + outputCount)
    const c = float64At(residuals, index + 2 * outputCount)
    const d = float64At(residuals, index + 3 * outputCount)
    const first = row * columnCount
    const second = first + columnCount
    const third = second + columnCount
    const fourth = third + columnCount
    for (let column = 0; column < columnCount; column++) {
      sums[start + column] =
        float64At(sums, start + column) +
        (a * float64At(values, first + column) + b * float64At(values, second + column)) +
        (c * float64At(values, third + column) + d * float64At(values, fourth + column))
    }
  }
  for (; row < to; row++, index += outputCount) {
    const factor = float64At(residuals, index)
    const first = row * columnCount
    for (let column = 0; column < columnCount; column++) {
      sums[start + column] = float64At(sums, start + column) + factor * float64At(values, first + column)
    }
  }
}
