import { setImmediate as nextTurn } from 'node:timers/promises'
import { type DesignMatrix, float32Values } from '../data/design-matrix.js'
import { uint8At } from '../data/element.js'
import { assertNotAborted } from '../estimators/assert-not-aborted.js'
import { binColumn, type ColumnBins } from './bin-column.js'
import type { ForestTask } from './forest-task.js'

/** Bins the features into shared memory, letting other work run between two of them. */
export async function binFeatures(
  { rowCount, columns: sources }: DesignMatrix,
  signal: AbortSignal | undefined,
): Promise<Pick<ForestTask, 'bins' | 'binsByRow' | 'columns'>> {
  const bins = new Uint8Array(new SharedArrayBuffer(rowCount * sources.length))
  const columns: ColumnBins[] = []
  for (const [feature, source] of sources.entries()) {
    await breathe(signal)
    columns.push(binColumn(float32Values(source), bins.subarray(feature * rowCount, (feature + 1) * rowCount)))
  }
  await breathe(signal)
  const binsByRow = rowCount > rowMajorRows ? turn(bins, rowCount, sources.length) : null
  return { bins, binsByRow, columns }
}

/** Columns of larger sets do not fit into a cache of the processor: rows of a node then come faster from a table by row. */
const rowMajorRows = 300_000

/** The bins row after row; a block of rows at a time, so that reads and writes stay close together. */
function turn(bins: Uint8Array, rowCount: number, featureCount: number): Uint8Array {
  const turned = new Uint8Array(new SharedArrayBuffer(rowCount * featureCount))
  const blockRows = 1024
  for (let first = 0; first < rowCount; first += blockRows) {
    const end = Math.min(rowCount, first + blockRows)
    for (let feature = 0; feature < featureCount; feature++) {
      for (let row = first; row < end; row++) {
        turned[row * featureCount + feature] = uint8At(bins, feature * rowCount + row)
      }
    }
  }
  return turned
}

/** Lets other work of this thread run, so that an abort can arrive at all. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await nextTurn()
  assertNotAborted(signal)
}
