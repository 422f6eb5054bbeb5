/** Bringing what other tracking servers hold. */
export { type ImportOptions, type ImportSummary, importMlflow } from './import-mlflow.js'
