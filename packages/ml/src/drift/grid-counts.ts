import { float64At } from '../data/element.js'
import type { ColumnPair, PairedCounts } from './model.js'
import { meanAndDeviation } from './samples.js'

/** Places of the grid on which distances of shuffled numbers are worked out. */
const cellsMax = 256

/** Rows of both sides over a grid of the pooled values, each cell with about as many rows, and the distance as it is on that grid. */
export function gridCounts(
  pair: ColumnPair,
  kind: 'wasserstein' | 'energy',
): { readonly counts: PairedCounts; readonly distance: (counts: PairedCounts) => number } {
  if (pair.kind !== 'num') throw new TypeError('Only numbers have places')
  const [a, b] = [pair.reference.sorted, pair.current.sorted]
  const total = a.length + b.length
  const [places, reference, current]: [number[], number[], number[]] = [[], [], []]
  let [i, j, fromI, fromJ, sum] = [0, 0, 0, 0, 0]
  while (i < a.length || j < b.length) {
    const value =
      j >= b.length || (i < a.length && float64At(a, i) <= float64At(b, j)) ? float64At(a, i) : float64At(b, j)
    const before = i + j
    while (i < a.length && float64At(a, i) === value) i++
    while (j < b.length && float64At(b, j) === value) j++
    sum += value * (i + j - before)
    const rows = i + j - fromI - fromJ
    if (rows < total / cellsMax && i + j < total) continue
    places.push(sum / rows)
    reference.push(i - fromI)
    current.push(j - fromJ)
    ;[fromI, fromJ, sum] = [i, j, 0]
  }
  const deviation = Math.max(meanAndDeviation(a).deviation, 0.001)
  const counts = {
    labels: places.map(String),
    reference: Float64Array.from(reference),
    current: Float64Array.from(current),
  }
  const distance = ({ reference: one, current: other }: PairedCounts) => {
    let [gap, area] = [0, 0]
    for (let cell = 0; cell + 1 < places.length; cell++) {
      gap += float64At(one, cell) / a.length - float64At(other, cell) / b.length
      const width = (places[cell + 1] ?? 0) - (places[cell] ?? 0)
      area += (kind === 'energy' ? gap * gap : Math.abs(gap)) * width
    }
    return kind === 'energy' ? Math.sqrt(2 * area) : area / deviation
  }
  return { counts, distance }
}
