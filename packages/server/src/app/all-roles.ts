/** The programs that do the work, each in a process of its own. */
export { inferenceVersion } from '../contexts/serving/index.js'
export { toDatabaseError } from '../platform/index.js'
export { failureMessage, runUntilStopped, tellSupervisor } from './role.js'
export { runProcesses } from './run-processes.js'
export { startServer } from './run-server.js'
export { startWorker } from './run-worker.js'
