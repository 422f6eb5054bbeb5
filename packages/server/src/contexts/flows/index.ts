/** The loop of a model as a durable flow, and the worker that runs it. */
export { featureJobs } from './feature-jobs.js'
export * from './flow-worker.js'
export * from './list-loops.js'
export * from './loop-flow.js'
export * from './request-loop.js'
export * from './routes.js'
export * from './training-registry.js'
