/** From a snapshot to a tracked run with a model, and from a plain file to a model file. */
export { type TrainedFile, type TrainFileInput, type TrainMode, trainFile } from './train-file.js'
export * from './train-model.js'
