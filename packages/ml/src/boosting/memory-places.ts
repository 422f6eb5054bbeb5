import { MlError } from '../ml-error.js'
import { type WasmMemory, wasm } from '../wasm/wasm-runtime.js'
import { binsPerFeature, cellBytes, recordWidthMax } from './kernels.js'

/** Numbers of a candidate split in shared memory; see `split-record.ts`. */
export const splitRecordLength = 16

/** Rows are worked on, and sums of floats made, in blocks of so many, whatever the number of threads. */
export const blockRows = 512

/** Values that a thread bins at a time, and the room for them and for bounds. */
export const stagedRows = 4096
export const stagedBytes = 4 * (stagedRows + binsPerFeature)

/** Nodes that threads take from one another at a time, each all by itself; see `expand-nodes.ts`. */
export const batchLimit = 8

/** Nodes that may be made ready before it is known whether they are split. */
export const readyLimit = 16

/** Room of a thread for the numbers of a scan, in whole cache lines; and for a block of rows twice. */
export const scanBytes = 192
export const exponentialBytes = 2 * 8 * blockRows

/** Where everything stands in the shared memory, in bytes. Lists are by position of the row unless said otherwise. */
export interface BoostingPlaces {
  readonly rowCount: number
  readonly trainCount: number
  readonly threads: number
  readonly outputCount: number
  readonly featureCount: number
  /** Features per record of a row, and records per row; together at least the features. */
  readonly recordWidth: number
  readonly recordCount: number
  /** Histograms that are kept at a time. */
  readonly slotCount: number
  readonly leafLimit: number
  /** Bins, a byte each: row after row in each record; and feature after feature. */
  readonly records: number
  readonly columns: number
  /** Pairs of whole gradients and second derivatives, int32; predictions, float64; both output after output. */
  readonly gradients: number
  readonly predictions: number
  readonly targets: number
  readonly weights: number
  /** Nodes of a tree, with those made ready in vain. */
  readonly nodeLimit: number
  /** Row lists, int32, and room to part them: one piece per thread. */
  readonly rowLists: number
  readonly scratch: number
  readonly listBytes: number
  /** Histograms by slot; and those of a thread's own rows. */
  readonly slots: number
  readonly partials: number
  readonly histogramBytes: number
  /** By thread: cells of one feature as float64, a table by bin, and two candidate splits; the splits of two batches of nodes. */
  readonly unpacked: number
  readonly tables: number
  readonly candidates: number
  readonly batchSplits: number
  /** By thread: largest gradient and second derivative. */
  readonly maxima: number
  /** By block of rows: loss. */
  readonly losses: number
  /** By feature: upper bounds of bins (float32, 256 each), number of bins, whether values are missing. */
  readonly bounds: number
  readonly binCounts: number
  readonly hasMissing: number
  /** By feature and category: 1 where a training row has it. */
  readonly seen: number
  /** By node and thread: begin and end of its rows. */
  readonly nodeRows: number
  /** By leaf: its value. For losses that fit leaves anew. */
  readonly leafValues: number
  /** By thread: values to bin, and bounds; what a scan is told and finds; a block of numbers and their exponentials. */
  readonly staged: number
  readonly scans: number
  readonly exponentials: number
  readonly barrier: number
  /** How many nodes threads have taken. */
  readonly taken: number
  readonly bytes: number
}

export interface PlacesInput {
  readonly rowCount: number
  readonly trainCount: number
  readonly threads: number
  readonly outputCount: number
  readonly featureCount: number
  readonly slotCount: number
  readonly leafLimit: number
}

/** Blocks of training rows, then blocks of rows held out. */
export function blockCounts({ rowCount, trainCount }: Pick<PlacesInput, 'rowCount' | 'trainCount'>) {
  return { training: Math.ceil(trainCount / blockRows), heldOut: Math.ceil((rowCount - trainCount) / blockRows) }
}

/** Lays the memory out. */
export function boostingPlaces(input: PlacesInput): BoostingPlaces {
  const { rowCount, trainCount, threads, outputCount, featureCount, slotCount, leafLimit } = input
  const recordCount = Math.ceil(featureCount / recordWidthMax)
  const recordWidth = Math.ceil(featureCount / recordCount)
  const histogramBytes = recordCount * recordWidth * binsPerFeature * cellBytes
  const blocks = blockCounts(input)
  const nodeLimit = 2 * (leafLimit + readyLimit)
  // One more row than a thread can own: parting writes one place ahead.
  const listBytes = 4 * (Math.ceil(blocks.training / threads) * blockRows + 16)
  let bytes = 64
  const take = (length: number): number => {
    const place = bytes
    bytes += Math.ceil(length / 64) * 64
    return place
  }
  const places = {
    ...{ rowCount, trainCount, threads, outputCount, featureCount, recordWidth, recordCount, slotCount, leafLimit },
    ...{ nodeLimit, listBytes, histogramBytes },
    barrier: take(64),
    taken: take(64),
    records: take(rowCount * recordCount * recordWidth),
    columns: take(rowCount * featureCount),
    gradients: take(8 * trainCount * outputCount),
    predictions: take(8 * rowCount * outputCount),
    targets: take(8 * rowCount),
    weights: take(8 * rowCount),
    rowLists: take(threads * listBytes),
    scratch: take(threads * listBytes),
    slots: take(slotCount * histogramBytes),
    partials: take(threads > 1 ? threads * histogramBytes : 0),
    unpacked: take(threads * binsPerFeature * 24),
    tables: take(threads * binsPerFeature),
    candidates: take(threads * 2 * splitRecordLength * 8),
    batchSplits: take(2 * batchLimit * 2 * splitRecordLength * 8),
    maxima: take(threads * 2 * 8),
    losses: take(8 * (blocks.training + blocks.heldOut)),
    bounds: take(4 * binsPerFeature * featureCount),
    binCounts: take(4 * featureCount),
    hasMissing: take(4 * featureCount),
    seen: take(binsPerFeature * featureCount),
    nodeRows: take(8 * threads * nodeLimit),
    leafValues: take(8 * leafLimit),
    staged: take(threads * stagedBytes),
    scans: take(threads * scanBytes),
    exponentials: take(threads * exponentialBytes),
  }
  return { ...places, bytes }
}

/** WebAssembly addresses 4 GiB, in pages of 64 KiB. */
const pageBytes = 65_536
const pageLimit = 65_536

/**
 * The memory for a layout.
 * @throws MlError `memory_limit` beyond 4 GiB, or when the system does not give so much
 */
export function allocateMemory({ bytes, rowCount, featureCount, outputCount, slotCount }: BoostingPlaces): WasmMemory {
  const pages = Math.ceil(bytes / pageBytes)
  const size = `${(bytes / 2 ** 30).toFixed(1)} GiB for ${rowCount} rows, ${featureCount} features, ${outputCount} trees an iteration and ${slotCount} histograms`
  if (pages > pageLimit) {
    throw new MlError(
      'memory_limit',
      `Boosting would need ${size}, and 4 GiB is the limit: use fewer rows, features or leaves`,
      { value: bytes },
    )
  }
  try {
    return new wasm.Memory({ initial: pages, maximum: pages, shared: true })
  } catch (cause) {
    throw new MlError(
      'memory_limit',
      `Boosting needs ${size}, which the system does not give: use fewer rows, features or leaves`,
      { value: bytes, cause },
    )
  }
}
