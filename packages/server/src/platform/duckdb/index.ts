export * from './data-engine.js'
export * from './engine-module.js'
export * from './inferred-type.js'
export * from './parquet-writer.js'
