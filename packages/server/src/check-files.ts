/** Figures and checks of plain files. They stand apart since they are over sooner than what the rest of the server needs is loaded. */
export { profileFile } from './contexts/datasets/files.js'
export { type ValidatedFile, type ValidateFileInput, validateFile } from './contexts/validation/files.js'
export { openFileEngine } from './platform/plain-files/index.js'
