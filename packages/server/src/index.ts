/** The programs: server, worker, predictor and their supervisor, and the configuration they share. */
export * from './app/config/index.js'
export { type DataFolder, dataFolderPaths, prepareDataFolder } from './app/data-folder.js'
export { openDatabaseServer } from './app/database-server.js'
export { failureMessage, type PartMessage, type Role, runUntilStopped, tellSupervisor } from './app/role.js'
export { checkBind, type ServerOptions, startServer } from './app/run-server.js'
export { type LoadedProject, startWorker, type WorkerOptions } from './app/run-worker.js'
export { type Supervisor, type SupervisorEvent, type SupervisorOptions, supervise } from './app/supervise.js'
export { inferenceVersion } from './contexts/serving/index.js'
export { limits } from './kernel/index.js'
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './platform/embedded-postgres/index.js'
