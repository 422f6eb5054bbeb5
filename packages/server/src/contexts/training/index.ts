/** From a snapshot to a tracked run with a model, and from a plain file to a model file. */
export { TrainedModel } from './carry-out-training.js'
export { checkModels } from './check-models.js'
export { DebugResult, debugJobKind, debugTrainingJob, startDebugTraining } from './debug-training.js'
export type { PromotionDecision, PromotionMode, PromotionRule } from './decide-promotion.js'
export { exportTrainings } from './export-trainings.js'
export { mountTrainingLists } from './list-routes.js'
export { listTrainings, type VersionsOfRuns } from './list-trainings.js'
export type { OpenModel } from './open-model.js'
export { type RegisteredTraining, registerTrained } from './register-trained.js'
export * from './routes.js'
export { scriptLineTag } from './run-records.js'
export * from './settle-trainings.js'
export { type RunSplit, splitOfRun } from './split-of-run.js'
export { startTraining, trainingJobKind } from './start-training.js'
export { type TrainedFile, type TrainFileInput, trainFile } from './train-file.js'
export * from './train-model.js'
export type { TrainMode } from './train-rows.js'
export { addTrainingGauges } from './training-gauges.js'
export * from './training-job.js'
export * from './training-tools.js'

/** Reading rows and asking model files, with the numerics; loaded where it is used. */
export const loadRowTools = () => import('./row-tools.js')
