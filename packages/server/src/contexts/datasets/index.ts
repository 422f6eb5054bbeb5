/** From a source to immutable snapshots. */
export * from './get-dataset.js'
export * from './get-snapshot.js'
export * from './ingest.js'
export * from './read-snapshot.js'
export * from './routes.js'
