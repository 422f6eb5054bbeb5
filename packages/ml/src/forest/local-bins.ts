import { float64At, int32At, itemAt, uint8At } from '../data/element.js'
import type { ForestTask } from './forest-task.js'
import type { BinView } from './node-scanner.js'

/** A node of at most so many rows has its bins copied together, which keeps those of all nodes below it in a cache of the processor. */
const levelRows = [Infinity, 8192, 512]

/** Rows that are copied at a time: few enough to stay in the first cache, enough to be fetched beside each other. */
const blockRows = 64

/** The bins of the current node's surroundings; row numbers of the sample point into the current level. */
export interface LocalBins {
  readonly view: BinView
  /** Makes a level the current one again: 0 is the whole set. */
  enter(level: number): void
  /** Copies the bins of a node where that pays, renumbers its rows and says which level they point into now. */
  narrow(level: number, rows: Int32Array, span: { readonly start: number; readonly end: number }): number
}

/** Rows of the sample in positions start..end-1. */
interface RowSpan {
  readonly rows: Int32Array
  readonly start: number
  readonly end: number
}

/** Nodes must be visited depth first: a level holds the bins of one node and those below it at a time. */
export function createLocalBins(task: ForestTask): LocalBins {
  const { bins, binsByRow, rowCount, columns, settings } = task
  const featureCount = columns.length
  const views: BinView[] = [{ bins, stride: rowCount }]
  // With few of many features tried, most of a copy would never be read.
  const pays = featureCount <= 10 * settings.featuresPerSplit && settings.maxLeaves === Infinity
  for (const limit of pays ? levelRows.slice(1) : []) {
    if (limit < rowCount) views.push({ bins: new Uint8Array(limit * featureCount), stride: 0 })
  }
  const view: BinView = { bins, stride: rowCount }
  // Places in a table of more than 2^31 bins are no 32-bit numbers.
  const bases = new Float64Array(blockRows)

  function enter(level: number): void {
    const { bins: current, stride } = itemAt(views, level)
    view.bins = current
    view.stride = stride
  }

  function narrow(level: number, rows: Int32Array, { start, end }: { start: number; end: number }): number {
    const count = end - start
    let deepest = views.length - 1
    while (deepest > level && count * featureCount > itemAt(views, deepest).bins.length) deepest--
    // Tiny nodes are soon done.
    if (deepest === level || count < 64) return level
    const to = itemAt(views, deepest)
    to.stride = count
    if (level === 0 && binsByRow !== null) copyByRow(binsByRow, to.bins, { rows, start, end })
    else copyByColumn(to.bins, { rows, start, end })
    for (let index = start; index < end; index++) rows[index] = index - start
    enter(deepest)
    return deepest
  }

  function copyByColumn(to: Uint8Array, { rows, start, end }: RowSpan): void {
    const { bins: from, stride } = view
    for (let feature = 0; feature < featureCount; feature++) {
      const base = feature * stride
      const first = feature * (end - start) - start
      for (let index = start; index < end; index++) to[first + index] = uint8At(from, base + int32At(rows, index))
    }
  }

  function copyByRow(from: Uint8Array, to: Uint8Array, { rows, start, end }: RowSpan): void {
    const count = end - start
    const last = featureCount - 1
    for (let first = 0; first < count; first += blockRows) {
      const size = Math.min(blockRows, count - first)
      // The ends of each row on their own: the processor fetches many rows at once where little is to be done for each.
      for (let index = 0, place = first; index < size; index++, place++) {
        const base = int32At(rows, start + place) * featureCount
        bases[index] = base
        to[place] = uint8At(from, base)
        to[last * count + place] = uint8At(from, base + last)
      }
      for (let feature = 1; feature < last; feature++) {
        const place = feature * count + first
        for (let index = 0; index < size; index++) to[place + index] = uint8At(from, float64At(bases, index) + feature)
      }
    }
  }

  return { view, enter, narrow }
}
