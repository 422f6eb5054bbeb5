import type { ClassLabels } from '../data/class-labels.js'
import type { DesignMatrix } from '../data/design-matrix.js'
import type { FitRun } from '../estimators/estimator.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { checkTrainingSet } from './check-training-set.js'
import { fitForestClassifier } from './fit-forest-classifier.js'
import type { ForestClassifier } from './forest-classifier.js'
import { type ForestParameters, forestParameters } from './forest-parameters.js'

export { workerRowsMin } from './grow-forest.js'

export interface TrainForestOptions extends FitRun {
  /** Finite values, at least one feature. */
  readonly matrix: DesignMatrix
  /** One per row, of at least two classes. */
  readonly labels: ClassLabels
  /** Under our names or scikit-learn's; what is absent has its default. */
  readonly parameters?: Partial<ForestParameters> | Readonly<Record<string, unknown>>
}

export interface TrainingProgress {
  readonly done: number
  readonly total: number
}

/**
 * Trains a random forest of classification trees on a set without missing values, with scikit-learn's meaning of the parameters. The
 * same set and parameters give the same model, bit by bit, for any number of threads. In the calling thread, it lets other work run
 * between two trees.
 * @throws MlError `empty_set`, `length_mismatch`, `non_finite_value`, `single_class`, `too_many_classes`,
 *   `invalid_label`, `invalid_parameter`, `unknown_parameter`, `training_aborted` or `worker_failed`
 */
export async function trainRandomForestClassifier(options: TrainForestOptions): Promise<ForestClassifier> {
  const { matrix, labels } = options
  const parameters = resolveParameters<ForestParameters>(forestParameters, options.parameters ?? {})
  checkTrainingSet(matrix, labels)
  return fitForestClassifier({
    ...options,
    parameters,
    sampleWeights: undefined,
    randomSplits: false,
    frame: { kind: 'random_forest_classifier', parameters },
  })
}
