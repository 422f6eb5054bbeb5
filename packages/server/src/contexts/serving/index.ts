/** Predictions from the registry's models. */
export { lookUpFeatures, type ReadOnline } from './look-up-features.js'
export * from './model-server.js'
export { inferenceVersion } from './onnx-model.js'
export { type FeatureColumns, parseFeatures } from './parse-features.js'
export * from './routes.js'
