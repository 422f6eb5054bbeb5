/** Rows in memory and model files that answer them: what programs load that do more with a model than train it. */
export * from './open-model.js'
export * from './read-table.js'
export { UnscorableError } from './score-file.js'
export * from './with-engine.js'
