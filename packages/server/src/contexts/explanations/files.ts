/** What works on plain files: a second door that loads nothing of the server. */
export { type ExplainedFile, type ExplainFileInput, explainFile } from './explain-file.js'
