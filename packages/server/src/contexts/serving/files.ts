import type { PythonSession, PythonSessionOptions } from './python/python-session.js'

/** What works on plain files, and what processes of their own need: a second door that loads nothing of the server. */
export { fileSignature } from './file-signature.js'
export { readMlflowModel } from './mlflow-model.js'
export { pythonEnvironment, pythonMemoryBytesMax } from './python/python-environment.js'
export { externalFilesOf, type OnnxSession, openOnnxSession } from './runtime/onnx-session.js'
export type { Datatype, Tensor, TensorData, TensorSpec } from './runtime/tensor.js'
export type { PythonSession, PythonSessionOptions }

/** Loaded at use: most models are ONNX. */
export async function openPythonSession(options: PythonSessionOptions): Promise<PythonSession> {
  return (await import('./python/python-session.js')).openPythonSession(options)
}
