/** The programs that do the work, each in a process of its own. */
export { failureMessage, type PartMessage, type Role, runUntilStopped, tellSupervisor } from './app/role.js'
export { type ProcessesOptions, runProcesses } from './app/run-processes.js'
export { type ServerOptions, startServer } from './app/run-server.js'
export { startWorker, type WorkerOptions } from './app/run-worker.js'
export { inferenceVersion } from './contexts/serving/index.js'
