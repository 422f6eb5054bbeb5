/** Predictions from the registry's models. */
export * from './model-server.js'
export { inferenceVersion } from './onnx-model.js'
export * from './routes.js'
