/** Answers of models to all rows of a snapshot or file. See README.md. */
export { type BatchTools, batchJob } from './batch-job.js'
export { getBatch, listBatches, openRejected } from './get-batch.js'
export { mountBatchRoutes } from './routes.js'
export { batchJobKind, startBatch } from './start-batch.js'
