import type { DesignMatrix } from '../data/design-matrix.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import type { Table } from '../data/table.js'
import type { EstimatorTask, PredictionOf } from '../estimators/estimator.js'
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
  const estimator = estimatorOf<Task>(pipeline.model.kind, estimators)
  return estimator.predict(pipeline.model, transformPipeline(pipeline, table, estimators))
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
