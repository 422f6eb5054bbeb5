import { pathToFileURL } from 'node:url'
import { findBundle } from './platform/programs/find-bundle.js'

export type { PartMessage, Role } from './app/role.js'
export type { ProcessesOptions } from './app/run-processes.js'
export type { ServerOptions } from './app/run-server.js'
export type { WorkerOptions } from './app/run-worker.js'

const bundle = findBundle('all-roles.js')
const roles: typeof import('./app/all-roles.js') = await (bundle === undefined
  ? import('./app/all-roles.js')
  : import(pathToFileURL(bundle).href))

export const {
  failureMessage,
  inferenceVersion,
  runProcesses,
  runUntilStopped,
  startServer,
  startWorker,
  tellSupervisor,
  toDatabaseError,
} = roles
