import type { WasmMemory } from '../wasm/wasm-runtime.js'
import type { BoostingTask } from './boosting-task.js'
import { binsPerFeature, type Kernels, linkKernels } from './kernels.js'
import type { Exponentials } from './losses.js'
import {
  type BoostingPlaces,
  batchLimit,
  blockCounts,
  blockRows,
  exponentialBytes,
  scanBytes,
  splitRecordLength,
  stagedBytes,
  stagedRows,
} from './memory-places.js'
import { scanLength } from './scan-kernel.js'

/** One of the threads that boost together; without workers it is the calling one. */
export interface BoostingThread {
  readonly index: number
  readonly memory: ThreadMemory
  readonly kernels: Kernels
  /** Exponentials of up to a block of numbers. */
  readonly exponentials: Exponentials
  readonly staged: { readonly values: Float32Array; readonly bounds: Float32Array }
}

export function boostingThread(task: BoostingTask, index: number): BoostingThread {
  const { memory, places, module } = task
  const start = places.staged + index * stagedBytes
  const kernels = linkKernels(module, memory)
  return {
    index,
    memory: threadMemory(task, index),
    kernels,
    exponentials: exponentialsOf(kernels, memory, places.exponentials + index * exponentialBytes),
    staged: {
      values: new Float32Array(memory.buffer, start, stagedRows),
      bounds: new Float32Array(memory.buffer, start + 4 * stagedRows, binsPerFeature),
    },
  }
}

/** What a thread sees of the shared memory, as typed arrays. */
export interface ThreadMemory {
  readonly barrier: Int32Array
  readonly taken: Int32Array
  readonly records: Uint8Array
  readonly columns: Uint8Array
  /** By output. */
  readonly gradients: readonly Int32Array[]
  readonly predictions: readonly Float64Array[]
  readonly targets: Float64Array
  readonly weights: Float64Array
  /** The thread's own rows. */
  readonly rowList: Int32Array
  /** The thread's own: cells of one feature, gradient, second derivative and count of each. */
  readonly unpacked: Float64Array
  readonly table: Uint8Array
  readonly scan: Float64Array
  /** Of all threads, two each. */
  readonly candidates: Float64Array
  /** Of nodes that one thread makes ready, two each; of one batch, then of the next. */
  readonly batchSplits: Float64Array
  readonly maxima: Float64Array
  readonly losses: Float64Array
  readonly bounds: Float32Array
  readonly binCounts: Int32Array
  readonly hasMissing: Int32Array
  readonly seen: Uint8Array
  readonly nodeRows: Int32Array
  readonly leafValues: Float64Array
  /** The whole memory as 32-bit numbers, for rows of other threads. */
  readonly words: Int32Array
}

/** Two lists of the length of a block: one to fill, one with the results. */
function exponentialsOf(kernels: Kernels, { buffer }: WasmMemory, start: number): Exponentials {
  const inputs = new Float64Array(buffer, start, blockRows)
  const results = new Float64Array(buffer, start + 8 * blockRows, blockRows)
  return {
    inputs,
    results,
    compute: (length) => kernels.expOf(inputs.byteOffset, inputs.byteOffset + 8 * length, results.byteOffset),
  }
}

function threadMemory({ memory, places }: Pick<BoostingTask, 'memory' | 'places'>, thread: number): ThreadMemory {
  const { buffer } = memory
  const { rowCount, trainCount, outputCount, featureCount, threads, listBytes, leafLimit } = places
  const blocks = blockCounts(places)
  const byOutput = <View>(view: (output: number) => View) => Array.from({ length: outputCount }, (_, k) => view(k))
  return {
    barrier: new Int32Array(buffer, places.barrier, 2),
    taken: new Int32Array(buffer, places.taken, 1),
    records: new Uint8Array(buffer, places.records, rowCount * places.recordCount * places.recordWidth),
    columns: new Uint8Array(buffer, places.columns, rowCount * featureCount),
    gradients: byOutput((k) => new Int32Array(buffer, places.gradients + 8 * trainCount * k, 2 * trainCount)),
    predictions: byOutput((k) => new Float64Array(buffer, places.predictions + 8 * rowCount * k, rowCount)),
    targets: new Float64Array(buffer, places.targets, rowCount),
    weights: new Float64Array(buffer, places.weights, rowCount),
    rowList: new Int32Array(buffer, places.rowLists + thread * listBytes, listBytes / 4),
    unpacked: new Float64Array(buffer, places.unpacked + thread * binsPerFeature * 24, binsPerFeature * 3),
    table: new Uint8Array(buffer, places.tables + thread * binsPerFeature, binsPerFeature),
    scan: new Float64Array(buffer, places.scans + thread * scanBytes, scanLength),
    candidates: new Float64Array(buffer, places.candidates, threads * 2 * splitRecordLength),
    batchSplits: new Float64Array(buffer, places.batchSplits, 2 * batchLimit * 2 * splitRecordLength),
    maxima: new Float64Array(buffer, places.maxima, threads * 2),
    losses: new Float64Array(buffer, places.losses, blocks.training + blocks.heldOut),
    bounds: new Float32Array(buffer, places.bounds, binsPerFeature * featureCount),
    binCounts: new Int32Array(buffer, places.binCounts, featureCount),
    hasMissing: new Int32Array(buffer, places.hasMissing, featureCount),
    seen: new Uint8Array(buffer, places.seen, binsPerFeature * featureCount),
    nodeRows: new Int32Array(buffer, places.nodeRows, 2 * threads * places.nodeLimit),
    leafValues: new Float64Array(buffer, places.leafValues, leafLimit),
    words: new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4)),
  }
}

/** Bins of one feature by position. */
export function columnOf(memory: ThreadMemory, { rowCount }: BoostingPlaces, feature: number): Uint8Array {
  return memory.columns.subarray(feature * rowCount, (feature + 1) * rowCount)
}
