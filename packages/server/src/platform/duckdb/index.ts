export * from './data-engine.js'
export * from './inferred-type.js'
export * from './parquet-writer.js'
