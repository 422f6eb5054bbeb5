/** From a snapshot to a tracked run with a model. */
export * from './train-model.js'
