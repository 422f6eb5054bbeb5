/** A client of tracking servers and model registries that speak the MLflow protocol: Fabrique, or a genuine MLflow. */
export type { ActiveRun } from './active-run.js'
export type { ExperimentSearch, ViewType } from './experiments.js'
export type { LoggedModelSearch, NewLoggedModel } from './logged-models.js'
export { type MlflowClient, mlflowClient, type StartRun } from './mlflow-client.js'
export type { NewModelVersion, RegistrySearch, Stage } from './registry.js'
export type { Batch, DatasetInput, MetricPoint, NewRun, RunSearch } from './runs.js'
export { isMlflowError, type MlflowConnection } from './transport.js'
export type { Dataset, Experiment, FileInfo, LoggedModel, Metric, ModelVersion, RegisteredModel, Run } from './wire.js'
