/** What serving of plain files takes of the log: nothing that loads a database. */
export { redacted } from './model.js'
