/** Work on plain files, without a server or a database: what `fabrique data profile`, `fabrique train` and their neighbours are made of. */
export {
  type BatchProgress,
  type PredictedFile,
  type PredictFileInput,
  predictFile,
} from './contexts/batches/files.js'
export { profileFile } from './contexts/datasets/files.js'
export { type ExplainedFile, type ExplainFileInput, explainFile } from './contexts/explanations/files.js'
export { pythonEnvironment, pythonMemoryBytesMax } from './contexts/serving/files.js'
export { type TrainedFile, type TrainFileInput, type TrainMode, trainFile } from './contexts/training/files.js'
export { type ValidatedFile, type ValidateFileInput, validateFile } from './contexts/validation/files.js'
export {
  type FileEngine,
  type FileEngineOptions,
  type OpenedFile,
  openFileEngine,
} from './platform/plain-files/index.js'
