export * from './data-engine.js'
export * from './parquet-writer.js'
