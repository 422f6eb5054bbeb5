/** What works on plain files: a second door that loads nothing of the server. */
export { type JoinedFile, type JoinFilesInput, joinFiles } from './join/join-files.js'
