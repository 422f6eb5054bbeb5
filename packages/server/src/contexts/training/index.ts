/** From a snapshot to a tracked run with a model, and from a plain file to a model file. */
export * from './routes.js'
export * from './settle-trainings.js'
export { startTraining, trainingJobKind } from './start-training.js'
export { type TrainedFile, type TrainFileInput, trainFile } from './train-file.js'
export * from './train-model.js'
export type { TrainMode } from './train-rows.js'
export * from './training-job.js'
