/** The point-in-time join of plain files. It stands apart since it is over sooner than what the rest of the server needs is loaded. */
export { type JoinedFile, type JoinFilesInput, joinFiles } from './contexts/features/files.js'
