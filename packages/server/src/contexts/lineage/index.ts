/** What was made from what. */
export * from './get-lineage.js'
export * from './mark-lineage.js'
export * from './record-lineage.js'
export * from './routes.js'
