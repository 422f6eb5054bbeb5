/** Work on plain files, without a server or a database: what `fabrique data profile`, `fabrique train` and their neighbours are made of. */
export {
  type FileEngine,
  type FileEngineOptions,
  type OpenedFile,
  openFileEngine,
  profileFile,
} from './contexts/datasets/index.js'
export { type TrainedFile, type TrainFileInput, type TrainMode, trainFile } from './contexts/training/index.js'
export { type ValidatedFile, type ValidateFileInput, validateFile } from './contexts/validation/index.js'
