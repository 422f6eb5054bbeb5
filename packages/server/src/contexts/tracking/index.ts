/** Experiments and runs: own API and MLflow protocol. See README.md. */
export { createExperiment, ensureExperiment } from './create-experiment.js'
export { createRun } from './create-run.js'
export { deleteTag } from './delete-tag.js'
export { getExperiment, getExperimentByName } from './get-experiment.js'
export { getMetricHistory, type MetricHistory } from './get-metric-history.js'
export { getRun, latestMetricsOf } from './get-run.js'
export { logBatch, logMetric, logParam, setTag } from './log-batch.js'
export { logInputs } from './log-inputs.js'
export { logModel } from './log-model.js'
export { mountMlflowTracking } from './mlflow-routes.js'
export {
  artifactFolderOf,
  type DatasetInput,
  type Experiment,
  type Metric,
  type Run,
  type RunInfo,
  type Tag,
  type TrackedDataset,
  type WireDouble,
} from './model.js'
export { type ModelVersionsOf, mountTrackingRoutes } from './routes.js'
export { type ExperimentPage, searchExperiments } from './search-experiments.js'
export { type RunPage, searchRuns } from './search-runs.js'
export {
  deleteExperiment,
  deleteExperimentTag,
  restoreExperiment,
  setExperimentTag,
  updateExperiment,
} from './update-experiment.js'
export { deleteRun, restoreRun, updateRun } from './update-run.js'
