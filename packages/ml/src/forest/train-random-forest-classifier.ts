import { setImmediate as nextTurn } from 'node:timers/promises'
import { type ClassLabels, countClasses } from '../data/class-labels.js'
import { type DesignMatrix, float32Values } from '../data/design-matrix.js'
import { MlError } from '../ml-error.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { assertNotAborted } from './assert-not-aborted.js'
import { assignBins, type ColumnBins, columnBins } from './bin-column.js'
import { checkTrainingSet } from './check-training-set.js'
import { assembleForest, type ForestClassifier } from './forest-classifier.js'
import { type ForestParameters, forestParameters } from './forest-parameters.js'
import type { ForestTask, GrownTree } from './forest-task.js'
import { growInWorkers } from './grow-in-workers.js'
import { createTreeGrower } from './grow-tree.js'
import { growthSettings } from './growth-settings.js'

/** Below this many rows, starting worker threads takes longer than growing the trees. */
export const workerRowsMin = 5000

export interface TrainForestOptions {
  /** Finite values, at least one feature. */
  readonly matrix: DesignMatrix
  /** One per row, of at least two classes. */
  readonly labels: ClassLabels
  /** Under our names or scikit-learn's; what is absent has its default. */
  readonly parameters?: Partial<ForestParameters> | Readonly<Record<string, unknown>>
  /** Worker threads for sets of at least `workerRowsMin` rows; 0, the default, trains in the calling thread. */
  readonly threads?: number
  readonly signal?: AbortSignal
  /** Called after each tree. */
  readonly onProgress?: (progress: TrainingProgress) => void
}

export interface TrainingProgress {
  readonly done: number
  readonly total: number
}

/**
 * Trains a random forest of classification trees, with scikit-learn's meaning of the parameters. The same set and
 * parameters give the same model, bit by bit, for any number of threads. In the calling thread, it lets other work run
 * between two trees.
 * @throws MlError `empty_set`, `length_mismatch`, `non_finite_value`, `single_class`, `too_many_classes`,
 *   `invalid_label`, `invalid_parameter`, `unknown_parameter`, `training_aborted` or `worker_failed`
 */
export async function trainRandomForestClassifier(options: TrainForestOptions): Promise<ForestClassifier> {
  const { matrix, labels, threads = 0 } = options
  const parameters = resolveParameters<ForestParameters>(forestParameters, options.parameters ?? {})
  checkTrainingSet(matrix, labels)
  if (!Number.isSafeInteger(threads) || threads < 0) {
    throw new MlError('invalid_parameter', `threads is ${threads}: give a whole number, 0 for none`, { value: threads })
  }
  const task = await prepareTask({ matrix, labels, parameters, signal: options.signal })
  const run = { task, treeCount: parameters.nEstimators, signal: options.signal, onProgress: options.onProgress }
  const useWorkers = threads > 0 && matrix.rowCount >= workerRowsMin
  const trees = useWorkers ? await growInWorkers({ ...run, threads }) : await growHere(run)
  return assembleForest(trees, {
    parameters,
    featureNames: matrix.columns.map(({ name }) => name),
    classes: labels.classes,
    leafUnits: task.settings.leafUnits,
  })
}

/** Bins the features into shared memory. */
async function prepareTask(input: {
  readonly matrix: DesignMatrix
  readonly labels: ClassLabels
  readonly parameters: ForestParameters
  readonly signal: AbortSignal | undefined
}): Promise<ForestTask> {
  const { matrix, labels, parameters } = input
  const { rowCount } = matrix
  const bins = new Uint8Array(new SharedArrayBuffer(rowCount * matrix.columns.length))
  const columns: ColumnBins[] = []
  for (const [feature, source] of matrix.columns.entries()) {
    await breathe(input.signal)
    const values = float32Values(source)
    const column = columnBins(values)
    assignBins(values, column, bins.subarray(feature * rowCount, (feature + 1) * rowCount))
    columns.push(column)
  }
  const codes = new Int32Array(new SharedArrayBuffer(4 * rowCount))
  codes.set(labels.codes)
  return {
    rowCount,
    classCount: labels.classes.length,
    bins,
    columns,
    codes,
    classWeights: classWeights(labels, parameters),
    settings: growthSettings(parameters, { rowCount, featureCount: matrix.columns.length }),
  }
}

/** Balanced weights are n / (classes that occur * rows of the class). */
function classWeights({ codes, classes }: ClassLabels, { classWeight }: ForestParameters): Float64Array {
  const counts = countClasses(codes, classes.length)
  if (classWeight === null) return new Float64Array(classes.length).fill(1)
  const occurring = counts.filter((count) => count > 0).length
  return Float64Array.from(counts, (count) => (count === 0 ? 1 : codes.length / (occurring * count)))
}

async function growHere(run: {
  readonly task: ForestTask
  readonly treeCount: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: TrainingProgress) => void) | undefined
}): Promise<GrownTree[]> {
  const { task, treeCount, signal, onProgress } = run
  const grow = createTreeGrower(task)
  const trees: GrownTree[] = []
  while (trees.length < treeCount) {
    await breathe(signal)
    trees.push(grow(trees.length))
    onProgress?.({ done: trees.length, total: treeCount })
  }
  return trees
}

/** Lets other work of this thread run, so that an abort can arrive at all. */
async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await nextTurn()
  assertNotAborted(signal)
}
