export * from './data-engine.js'
