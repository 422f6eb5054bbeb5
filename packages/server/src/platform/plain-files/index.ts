/** Files of the user as tables of the data engine. What loads this loads nothing of the server. */
export {
  type FileEngine,
  type FileEngineOptions,
  type FileToOpen,
  formatOfName,
  type OpenedFile,
  openFileEngine,
} from './open-file.js'
export { readPieces } from './read-pieces.js'
export { type ScannedFile, scanFile } from './scan-file.js'
export { type RowsToWrite, type WrittenRows, writeRows } from './write-rows.js'
