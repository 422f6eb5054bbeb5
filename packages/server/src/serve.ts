/** Serving models of plain files; it stands apart since it loads a server, and nothing of a database. */
export { runUntilStopped } from './app/role.js'
export { type FileServer, type ServedFile, type ServeFilesOptions, serveFiles } from './app/serve-files.js'
