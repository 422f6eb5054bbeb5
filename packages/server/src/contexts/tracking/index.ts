/** Experiments and runs: own API and MLflow protocol. See README.md. */
export type { ModelVersionsOf } from './api-run.js'
export { addressOf } from './artifact-requests.js'
export { countExperiments } from './count-experiments.js'
export { countRuns } from './count-runs.js'
export { createExperiment, ensureExperiment } from './create-experiment.js'
export { createRun } from './create-run.js'
export { deleteRuns } from './delete-runs.js'
export { deleteTag } from './delete-tag.js'
export {
  artifactUrisOf,
  type DeletedSelection,
  type DeletedThing,
  deletedThings,
  idsOfExperiment,
} from './deleted-things.js'
export { describeRun } from './describe-run.js'
export { editRun } from './edit-run.js'
export { type ErasedRun, eraseExperiment, erasePoints, eraseRuns } from './erase-runs.js'
export { type ExperimentUsage, usageOfExperiment } from './experiment-usage.js'
export { exportRuns, type RunExport } from './export-runs.js'
export { mountRunStream, type RunStreamOptions } from './follow-runs.js'
export { getExperiment, getExperimentByName } from './get-experiment.js'
export { getMetricHistory, type MetricHistory } from './get-metric-history.js'
export { getMetricSeries } from './get-metric-series.js'
export { getRun, latestMetricsOf } from './get-run.js'
export { getRuns } from './get-runs.js'
export { groupRuns } from './group-runs.js'
export { importDeletedExperiments, importExperiments } from './import-experiments.js'
export { completeRuns, importPoints, importRuns } from './import-runs.js'
export { describeExperiment, listExperiments } from './list-experiments.js'
export { listRunColumns } from './list-run-columns.js'
export { logBatch, logMetric, logParam, setTag } from './log-batch.js'
export { logInputs } from './log-inputs.js'
export { logModel } from './log-model.js'
export { importLoggedModels } from './logged-models/import-logged-models.js'
export {
  createLoggedModel,
  deleteLoggedModel,
  eraseLoggedModels,
  finalizeLoggedModel,
  getLoggedModel,
  type LoggedModel,
  loggedModelsOfRuns,
  logOutputs,
  restoreLoggedModel,
  setLoggedModelTags,
} from './logged-models/index.js'
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
export { newestOfEach } from './newest-of-each.js'
export { mountTrackingRoutes } from './routes.js'
export { runThings } from './run-lineage.js'
export { type Cell, type CsvDialect, csvLine, frenchCsv, plainCsv } from './run-table.js'
export { runsImported } from './runs-imported.js'
export { deleteView, listSavedViews, saveView } from './saved-views.js'
export { searchDatasets } from './search-datasets.js'
export { type ExperimentPage, searchExperiments } from './search-experiments.js'
export { type RunPage, searchRunIds, searchRuns } from './search-runs.js'
export {
  deleteExperiment,
  deleteExperimentTag,
  restoreExperiment,
  setExperimentTag,
  updateExperiment,
} from './update-experiment.js'
export { deleteRun, restoreRun, updateRun } from './update-run.js'
