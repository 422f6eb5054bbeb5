import { float64At, int32At } from '../data/element.js'
import { type FeatureRows, floats, type SparseColumns, sparseColumns } from '../data/feature-rows.js'
import { addDenseGradient, denseScores } from './dense-kernels.js'
import { type LossKind, lossAndSlopes } from './losses.js'
import { sparseGradient, sparseScores } from './sparse-kernels.js'

/** The loss of a linear model over a set as plain data in memory that threads can share. */
export interface LossTask {
  readonly rows: FeatureRows
  /** Of sparse rows, their entries column by column. */
  readonly columns: SparseColumns | null
  readonly outputCount: number
  readonly loss: LossKind
  readonly epsilon: number
  readonly targets: Float64Array
  readonly weights: Float64Array
  /** First row (column) of each part of the work, and the end. The parts do not depend on the number of threads. */
  readonly rowParts: Int32Array
  readonly columnParts: Int32Array
  /** Coefficients and intercepts at which the loss is wanted (layouts: `dense-kernels.ts`, `sparse-kernels.ts`). */
  readonly parameters: Float64Array
  /** Of dense rows the gradient of each part, one after another; of sparse rows that of its intercepts. */
  readonly partGradients: Float64Array
  readonly partLosses: Float64Array
  /** Of sparse rows, the slopes by row and output, and the gradient by column and output. */
  readonly slopes: Float64Array
  readonly gradient: Float64Array
}

export interface LossTaskInput {
  readonly rows: FeatureRows
  readonly outputCount: number
  readonly loss: LossKind
  readonly epsilon?: number
  readonly targets: Float64Array
  readonly weights: Float64Array
  readonly isShared: boolean
}

/** Rows whose scores are computed at once, so that they stay in the processor's cache. */
const blockRows = 256
const partRowsMin = 2048
/** Parts that there may always be, and numbers that the gradients of more parts may take. */
const partsMax = 32
const partNumbersMax = 4_000_000

export function createLossTask(input: LossTaskInput): LossTask {
  const { rows, outputCount, loss, epsilon = 0, isShared } = input
  const size = (rows.columnCount + 1) * outputCount
  const isDense = rows.kind === 'dense'
  const columns = isDense ? null : sparseColumns(rows, isShared)
  const partSize = isDense ? size : outputCount
  const rowPartsMax = Math.max(partsMax, Math.floor(partNumbersMax / partSize))
  const rowParts = evenParts(rows.rowCount, Math.min(rowPartsMax, Math.ceil(rows.rowCount / partRowsMin)))
  const partCount = rowParts.length - 1
  return {
    rows,
    columns,
    outputCount,
    loss,
    epsilon,
    targets: inMemory(input.targets, isShared),
    weights: inMemory(input.weights, isShared),
    rowParts,
    columnParts: columns === null ? new Int32Array(1) : partsByEntries(columns, partCount),
    parameters: floats(size, isShared),
    partGradients: floats(partCount * partSize, isShared),
    partLosses: floats(partCount, isShared),
    slopes: floats(isDense ? 0 : rows.rowCount * outputCount, isShared),
    gradient: floats(isDense ? 0 : size, isShared),
  }
}

function inMemory(values: Float64Array, isShared: boolean): Float64Array {
  if (!isShared) return values
  const shared = floats(values.length, true)
  shared.set(values)
  return shared
}

function evenParts(count: number, parts: number): Int32Array {
  return Int32Array.from({ length: parts + 1 }, (_, part) => Math.floor((count * part) / parts))
}

/** Ranges of columns with about as many entries each. */
function partsByEntries({ columnStarts }: SparseColumns, parts: number): Int32Array {
  const columnCount = columnStarts.length - 1
  const bounds = new Int32Array(parts + 1)
  let column = 0
  for (let part = 1; part <= parts; part++) {
    const due = (int32At(columnStarts, columnCount) * part) / parts
    while (column < columnCount && int32At(columnStarts, column) < due) column++
    bounds[part] = part === parts ? columnCount : column
  }
  return bounds
}

/** The steps of one evaluation; the second needs the slopes of all rows, and only sparse rows have it. */
export type LossPhase = 'rows' | 'columns'

export function lossPhases({ columns }: LossTask): readonly LossPhase[] {
  return columns === null ? ['rows'] : ['rows', 'columns']
}

/** Number of parts of a phase. */
export function partCount(task: LossTask, phase: LossPhase): number {
  return (phase === 'rows' ? task.rowParts : task.columnParts).length - 1
}

/** Does one part of a phase; parts of a phase can be done in any order and anywhere. */
export type PartWorker = (phase: LossPhase, part: number) => void

export function createPartWorker(task: LossTask): PartWorker {
  const scores = new Float64Array(blockRows * task.outputCount)
  return (phase, part) => {
    if (phase === 'columns') doColumns(task, part)
    else doRows(task, part, scores)
  }
}

function doColumns({ columns, columnParts, outputCount, slopes, gradient }: LossTask, part: number): void {
  if (columns === null) return
  const range = { outputCount, from: int32At(columnParts, part), to: int32At(columnParts, part + 1) }
  sparseGradient(columns, range, { residuals: slopes, gradient })
}

function doRows(task: LossTask, part: number, scores: Float64Array): void {
  const { partGradients, partLosses, rowParts } = task
  const size = partGradients.length / partLosses.length
  partGradients.fill(0, part * size, (part + 1) * size)
  const end = int32At(rowParts, part + 1)
  let sum = 0
  for (let from = int32At(rowParts, part); from < end; from += blockRows) {
    const to = Math.min(end, from + blockRows)
    sum +=
      task.rows.kind === 'dense'
        ? denseBlock(task, { from, to, scores, at: part * size })
        : sparseBlock(task, { from, to, at: part * size })
  }
  partLosses[part] = sum
}

function denseBlock(
  task: LossTask,
  {
    from,
    to,
    scores,
    at,
  }: { readonly from: number; readonly to: number; readonly scores: Float64Array; readonly at: number },
): number {
  if (task.rows.kind !== 'dense') return 0
  const { values, columnCount } = task.rows
  const { outputCount, loss: kind, targets, weights, epsilon, parameters, partGradients } = task
  const block = { values, columnCount, outputCount, from, to }
  denseScores(block, parameters, scores)
  const sum = lossAndSlopes({ kind, scores, start: 0, outputCount, targets, weights, epsilon, from, to })
  addDenseGradient(block, scores, { sums: partGradients, at })
  return sum
}

function sparseBlock(
  task: LossTask,
  { from, to, at }: { readonly from: number; readonly to: number; readonly at: number },
): number {
  if (task.rows.kind === 'dense') return 0
  const { outputCount, loss: kind, targets, weights, epsilon, parameters, slopes, partGradients } = task
  sparseScores(task.rows, { outputCount, from, to }, { parameters, scores: slopes })
  const start = from * outputCount
  const sum = lossAndSlopes({ kind, scores: slopes, start, outputCount, targets, weights, epsilon, from, to })
  for (let output = 0; output < outputCount; output++) {
    let slope = float64At(partGradients, at + output)
    for (let index = start + output; index < to * outputCount; index += outputCount) slope += float64At(slopes, index)
    partGradients[at + output] = slope
  }
  return sum
}
