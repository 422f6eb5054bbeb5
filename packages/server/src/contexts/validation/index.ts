/** Whether data is as it was expected to be. */
export * from './describe-check.js'
export * from './routes.js'
export * from './validate-snapshot.js'
