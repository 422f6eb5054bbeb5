/** Programs in processes of their own: ours, and those of users. */
export { findProgram } from './find-program.js'
export {
  type Ending,
  endedForMemory,
  type IsolatedProcess,
  memoryMark,
  runIsolated,
  startIsolated,
} from './isolated-process.js'
export { userEnvironment } from './user-environment.js'
