/** Work on plain files, without a server or a database: what `fabrique data profile` and its neighbours are made of. */
export {
  type FileEngine,
  type FileEngineOptions,
  type OpenedFile,
  openFileEngine,
  profileFile,
} from './contexts/datasets/index.js'
export { type ValidatedFile, type ValidateFileInput, validateFile } from './contexts/validation/index.js'
