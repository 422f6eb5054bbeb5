import { float64At } from '../data/element.js'
import type { BoostingTask } from './boosting-task.js'
import type { GradientScales } from './gradients.js'
import type { GrowingNode } from './growing-node.js'
import { binsPerFeature, cellBytes } from './kernels.js'
import type { NodeRows, RowPiece } from './node-rows.js'
import type { BoostingThread } from './thread-memory.js'

/** Histograms of nodes: each thread sums its own rows, then each feature is put together by one thread. */
export interface NodeHistograms {
  /** Sums the thread's own rows of a node over the gradients of an output. */
  sumOwnRows(node: Pick<GrowingNode, 'id' | 'slot'>, output: number): void
  /** Sums all rows of a node into its slot. */
  sumAllRows(node: Pick<GrowingNode, 'id' | 'slot'>, output: number): void
  /** Puts the sums of all threads of one feature into a slot. */
  gather(slot: number, feature: number): void
  /** Takes the histogram of a child from that of its parent, which becomes the other child's. */
  subtract(slot: number, child: number, feature: number): void
  /** The same of all features. */
  subtractAll(slot: number, child: number): void
  /** Where the histogram of a feature begins. */
  cellsOf(slot: number, feature: number): number
  /** One feature as floats, in the thread's own list. */
  unpack(slot: number, feature: number, output: number): Float64Array
  /** Sums over all rows, once every thread has summed its own. */
  totals(slot: number, output: number): { readonly count: number; readonly gradient: number; readonly hessian: number }
}

const featureBytes = binsPerFeature * cellBytes

export function createNodeHistograms(
  task: BoostingTask,
  thread: BoostingThread,
  { scales, rows }: { readonly scales: GradientScales; readonly rows: NodeRows },
): NodeHistograms {
  const { places } = task
  const { memory, kernels, index } = thread
  const { threads, recordWidth, recordCount, rowCount, trainCount, histogramBytes } = places

  const cellsOf = (slot: number) => places.slots + slot * histogramBytes
  /** A single thread needs no place of its own. */
  const partialOf = (owner: number, slot: number) =>
    threads === 1 ? cellsOf(slot) : places.partials + owner * histogramBytes

  function unpackAt(cells: number, output: number): Float64Array {
    const [gradient, hessian] = [float64At(scales.gradient, output), float64At(scales.hessian, output)]
    kernels.unpackCells(cells, cells + featureBytes, memory.unpacked.byteOffset, scales.countShift, gradient, hessian)
    return memory.unpacked
  }

  function addPiece({ from, to }: RowPiece, cells: number, output: number): void {
    const gradients = places.gradients + 8 * trainCount * output
    for (let record = 0; record < recordCount; record++) {
      const bins = places.records + record * rowCount * recordWidth
      kernels.addRows(from, to, bins, gradients, cells + record * recordWidth * featureBytes, scales.countShift)
    }
  }

  return {
    sumOwnRows({ id, slot }, output) {
      const cells = partialOf(index, slot)
      kernels.clearCells(cells, histogramBytes)
      addPiece(rows.pieceOf(id, index), cells, output)
    },
    sumAllRows({ id, slot }, output) {
      const cells = cellsOf(slot)
      kernels.clearCells(cells, histogramBytes)
      for (let owner = 0; owner < threads; owner++) addPiece(rows.pieceOf(id, owner), cells, output)
    },
    gather(slot, feature) {
      if (threads === 1) return
      const at = feature * featureBytes
      const cells = cellsOf(slot) + at
      kernels.sumCells(cells, cells + featureBytes, partialOf(0, slot) + at, partialOf(1, slot) + at)
      for (let other = 2; other < threads; other++) {
        kernels.sumCells(cells, cells + featureBytes, cells, partialOf(other, slot) + at)
      }
    },
    subtract(slot, child, feature) {
      const at = feature * featureBytes
      const cells = cellsOf(slot) + at
      kernels.subtractCells(cells, cells + featureBytes, cellsOf(child) + at)
    },
    subtractAll(slot, child) {
      const cells = cellsOf(slot)
      kernels.subtractCells(cells, cells + histogramBytes, cellsOf(child))
    },
    cellsOf: (slot, feature) => cellsOf(slot) + feature * featureBytes,
    unpack: (slot, feature, output) => unpackAt(cellsOf(slot) + feature * featureBytes, output),
    totals(slot, output) {
      const sums = { count: 0, gradient: 0, hessian: 0 }
      for (let other = 0; other < threads; other++) {
        const cells = unpackAt(partialOf(other, slot), output)
        for (let bin = 0; bin < binsPerFeature; bin++) {
          sums.gradient += float64At(cells, 3 * bin)
          sums.hessian += float64At(cells, 3 * bin + 1)
          sums.count += float64At(cells, 3 * bin + 2)
        }
      }
      return sums
    },
  }
}
