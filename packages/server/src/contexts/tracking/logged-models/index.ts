/** Models that MLflow 3 clients log: their own records, files and measurements. */
export { createLoggedModel } from './create-logged-model.js'
export { deleteLoggedModel, eraseLoggedModels, restoreLoggedModel } from './delete-logged-model.js'
export { getLoggedModel } from './get-logged-model.js'
export { logOutputs, writeRunModels } from './log-outputs.js'
export type { LoggedModel, LoggedModelMetric, LoggedModelStatus, ModelInput, ModelOutput } from './model.js'
export { loggedModelsOfRuns, type RunModelColumns, runModelColumns } from './run-models.js'
export { type LoggedModelPage, searchLoggedModels } from './search-logged-models.js'
export {
  deleteLoggedModelTag,
  finalizeLoggedModel,
  logLoggedModelParams,
  setLoggedModelTags,
} from './update-logged-model.js'
export { type ModelMetricPoint, writeModelMetrics } from './write-model-metrics.js'
