/** Work that takes longer than a request. */
export * from './cancel-job.js'
export { errorsOfJobs } from './errors-of-jobs.js'
export * from './get-job.js'
export * from './job-worker.js'
export * from './routes.js'
export { startJob } from './start-job.js'
export { type StoredError, tellStoredError } from './store.js'
export { waitForJob } from './wait-for-job.js'
