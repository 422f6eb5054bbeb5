/**
 * What a command line needs to start and supervise Fabrique. Light on purpose: the roles themselves, with HTTP and the
 * engines, are behind `@fabrique/server/roles`.
 */
export * from './app/config/index.js'
export { type DataFolder, dataFolderPaths, prepareDataFolder } from './app/data-folder.js'
export type { LoadedProject } from './app/run-worker.js'
export { type Supervisor, type SupervisorEvent, type SupervisorOptions, supervise } from './app/supervise.js'
export { limits } from './kernel/index.js'
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './platform/embedded-postgres/index.js'
