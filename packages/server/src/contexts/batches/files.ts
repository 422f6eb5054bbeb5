/** What works on plain files: a second door that loads nothing of the server. */
export type { BatchProgress } from './model.js'
export { type PredictedFile, type PredictFileInput, predictFile } from './predict-file.js'
