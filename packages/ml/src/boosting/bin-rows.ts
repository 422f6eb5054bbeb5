import { float32At, int32At, itemAt, uint8At } from '../data/element.js'
import { binBounds } from './bin-bounds.js'
import type { BoostingTask } from './boosting-task.js'
import { binsPerFeature, missingBin } from './kernels.js'
import type { RowBlock } from './losses.js'
import { stagedRows } from './memory-places.js'
import { type BoostingThread, columnOf, type ThreadMemory } from './thread-memory.js'

/** Works out the bins of one feature and writes the bin of every row, by position. */
export function binFeature(task: BoostingTask, thread: BoostingThread, feature: number): void {
  const { places } = task
  const { memory } = thread
  const { values, categoryCount } = itemAt(task.features, feature)
  const column = columnOf(memory, places, feature)
  if (categoryCount > 0) {
    binCategories({ task, memory, feature, column })
  } else {
    const bounds = binBounds(boundsInput(task, memory, values))
    memory.bounds.set(bounds, feature * binsPerFeature)
    memory.binCounts[feature] = bounds.length + 1
    assignBins({ task, thread, feature, bounds })
  }
  memory.hasMissing[feature] = column.subarray(0, places.trainCount).includes(missingBin) ? 1 : 0
}

function boundsInput(
  { sample, order, places, settings, isWeighted }: BoostingTask,
  memory: ThreadMemory,
  values: Float32Array,
) {
  const { maxBins } = settings
  // A sample was drawn by weight.
  if (sample !== null)
    return { values, rows: sample.map((position) => int32At(order, position)), weights: null, maxBins }
  const weights = isWeighted ? memory.weights.slice(0, places.trainCount) : null
  return { values, rows: order.subarray(0, places.trainCount), weights, maxBins }
}

/** Values in the order of positions, a piece at a time. */
function assignBins(input: {
  readonly task: BoostingTask
  readonly thread: BoostingThread
  readonly feature: number
  readonly bounds: Float32Array
}): void {
  const { task, thread, feature, bounds } = input
  const { places, order } = task
  const { staged, kernels } = thread
  staged.bounds.fill(Infinity)
  staged.bounds.set(bounds)
  const { values } = itemAt(task.features, feature)
  const column = places.columns + feature * places.rowCount
  for (let from = 0; from < order.length; from += stagedRows) {
    const length = Math.min(stagedRows, order.length - from)
    for (let index = 0; index < length; index++) {
      staged.values[index] = float32At(values, int32At(order, from + index))
    }
    const start = staged.values.byteOffset
    kernels.binValues(start, start + 4 * length, staged.bounds.byteOffset, column + from)
  }
}

/** The code is the bin. A category that no training row has is missing, as is what is no code. */
function binCategories(input: {
  readonly task: BoostingTask
  readonly memory: ThreadMemory
  readonly feature: number
  readonly column: Uint8Array
}): void {
  const { task, memory, feature, column } = input
  const { values, categoryCount } = itemAt(task.features, feature)
  const { order, places } = task
  const seen = memory.seen.subarray(feature * binsPerFeature, (feature + 1) * binsPerFeature)
  for (let position = 0; position < order.length; position++) {
    const code = itemAt(values, int32At(order, position))
    const isCode = Number.isInteger(code) && code >= 0 && code < categoryCount
    if (isCode && position < places.trainCount) seen[code] = 1
    column[position] = isCode && uint8At(seen, code) === 1 ? code : missingBin
  }
  memory.binCounts[feature] = categoryCount
}

/** Writes the bins of the rows of a block side by side, record after record. */
export function writeRecords(task: BoostingTask, memory: ThreadMemory, { from, to }: RowBlock): void {
  const { rowCount, featureCount, recordWidth } = task.places
  for (let feature = 0; feature < featureCount; feature++) {
    const column = columnOf(memory, task.places, feature)
    const start = Math.floor(feature / recordWidth) * rowCount * recordWidth + (feature % recordWidth)
    for (let row = from; row < to; row++) memory.records[start + row * recordWidth] = uint8At(column, row)
  }
}
