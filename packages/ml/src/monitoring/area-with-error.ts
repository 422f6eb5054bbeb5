import { float64At, int32At, itemAt } from '../data/element.js'
import { assertPaired } from '../metrics/check-pairs.js'
import { orderRows } from './order-rows.js'

/** An area under the ROC curve with its standard error; NaN where one of the two kinds is absent or alone. */
export interface AreaWithError {
  readonly area: number
  readonly error: number
}

/**
 * The area under the ROC curve and its standard error by the placements of each row among those of the other kind (DeLong, DeLong and
 * Clarke-Pearson 1988), in n log n (Sun and Xu 2014).
 * @param isPositive 1 where the row is of the class, 0 where not
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function areaWithError(isPositive: Uint8Array, scores: Float32Array | Float64Array): AreaWithError {
  assertPaired(isPositive.length, scores.length)
  const values = scores instanceof Float64Array ? scores : Float64Array.from(scores)
  const order = orderRows(values)
  let positives = 0
  for (let row = 0; row < isPositive.length; row++) positives += itemAt(isPositive, row)
  const negatives = isPositive.length - positives
  if (positives === 0 || negatives === 0) return { area: Number.NaN, error: Number.NaN }
  // Of each kind the sum and the sum of squares of the shares of the other kind below (above, for negatives); ties count half.
  let [sumUp, squaresUp, sumDown, squaresDown] = [0, 0, 0, 0]
  let [below, belowPositives] = [0, 0]
  for (let start = 0; start < order.length; ) {
    const value = float64At(values, int32At(order, start))
    let [end, hits] = [start, 0]
    while (end < order.length && float64At(values, int32At(order, end)) === value) {
      hits += itemAt(isPositive, int32At(order, end))
      end++
    }
    const misses = end - start - hits
    const up = (below + misses / 2) / negatives
    const down = (positives - belowPositives - hits / 2) / positives
    sumUp += hits * up
    squaresUp += hits * up * up
    sumDown += misses * down
    squaresDown += misses * down * down
    below += misses
    belowPositives += hits
    start = end
  }
  const area = sumUp / positives
  const spread = (squares: number, total: number, count: number) => (squares - (total * total) / count) / (count - 1)
  const variance = spread(squaresUp, sumUp, positives) / positives + spread(squaresDown, sumDown, negatives) / negatives
  return { area, error: Math.sqrt(Math.max(0, variance)) }
}
