import { float64At } from '../data/element.js'
import { firstAbove } from './samples.js'

/**
 * The middle one of the distances above 0, ascending ones given; undefined where there is none. A kernel of that width sees what differs also
 * where most rows are one and the same, as placeholders are.
 */
export function medianAboveZero(distances: Float64Array): number | undefined {
  const first = firstAbove(distances, 0)
  if (first === distances.length) return undefined
  return float64At(distances, first + ((distances.length - first) >> 1))
}
