/** What works on plain files, and what processes of their own need: a second door that loads nothing of the server. */
export { fileSignature } from './file-signature.js'
export { externalFilesOf, type OnnxSession, openOnnxSession } from './runtime/onnx-session.js'
export type { Datatype, Tensor, TensorData, TensorSpec } from './runtime/tensor.js'
