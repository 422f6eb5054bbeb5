/** What works on plain files: a second door that loads nothing of the server. */
export { type ValidatedFile, type ValidateFileInput, validateFile } from './validate-file.js'
