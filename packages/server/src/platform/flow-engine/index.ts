export * from './flow-engine.js'
