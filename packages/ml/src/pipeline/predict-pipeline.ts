import { calibrate } from '../calibration/calibrate-classifier.js'
import { applyThreshold } from '../calibration/tune-threshold.js'
import type { DesignMatrix } from '../data/design-matrix.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import type { Table } from '../data/table.js'
import type { EstimatorTask, FloatColumn, PredictionOf } from '../estimators/estimator.js'
import { columnsOf, estimatorFeatures, estimatorOf } from './fit-pipeline.js'
import { joinFlows } from './flow.js'
import type { EstimatorLookup, FittedPipeline } from './pipeline.js'
import { runSteps } from './run-steps.js'
import { entryColumns } from './table-entry.js'

/**
 * What a fitted pipeline says of rows. Columns are found by name; those that it does not read are ignored.
 * @throws MlError `missing_feature`, `wrong_column_kind`, `memory_limit`, and what the estimator throws
 */
export function predictPipeline<Task extends EstimatorTask>(
  pipeline: FittedPipeline<Task>,
  table: Table,
  estimators: EstimatorLookup,
): PredictionOf[Task] {
  const features = transformPipeline(pipeline, table, estimators)
  const { calibration, threshold } = pipeline
  // Only a classifier has one of these.
  const predicted: PredictionOf[Task] =
    calibration === undefined
      ? estimatorOf<Task>(pipeline.model.kind, estimators).predict(pipeline.model, features)
      : (calibrate(calibration, decide(pipeline, features, estimators)) as PredictionOf[Task])
  const second = threshold === undefined || predicted.kind !== 'classes' ? undefined : predicted.probabilities?.[1]
  if (threshold === undefined || second === undefined) return predicted
  return { ...predicted, codes: applyThreshold(second, threshold) }
}

/**
 * What the classifier of a pipeline says of rows by class code, from which a calibration makes probabilities: its scores where it has any,
 * otherwise its probabilities.
 * @throws MlError as `predictPipeline`
 */
export function decidePipeline(
  pipeline: FittedPipeline,
  table: Table,
  estimators: EstimatorLookup,
): readonly FloatColumn[] {
  return decide(pipeline, transformPipeline(pipeline, table, estimators), estimators)
}

function decide(
  { model }: FittedPipeline,
  features: DesignMatrix | SparseMatrix,
  estimators: EstimatorLookup,
): readonly FloatColumn[] {
  const { decision, predict } = estimatorOf<'classification'>(model.kind, estimators)
  if (decision !== undefined) return decision.predict(model, features)
  const { scores, probabilities } = predict(model, features)
  return scores ?? probabilities ?? []
}

/**
 * The features that the estimator of a fitted pipeline sees.
 * @throws MlError as `predictPipeline`
 */
export function transformPipeline(
  pipeline: FittedPipeline,
  table: Table,
  estimators: EstimatorLookup,
): DesignMatrix | SparseMatrix {
  const columns = entryColumns(table, pipeline.inputs)
  const flows = pipeline.columns.map(({ names, steps }) => runSteps(steps, columnsOf(names, columns), estimators))
  const joined = joinFlows(flows, table.rowCount, pipeline.keepsSparse)
  const output = runSteps(pipeline.features, joined, estimators)
  return estimatorFeatures(output, estimatorOf(pipeline.model.kind, estimators))
}
