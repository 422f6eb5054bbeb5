import type { ModelSignature, Prediction } from '@fabrique/contract'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { present } from '../../kernel/index.js'
import type { FeatureColumns } from './parse-features.js'

/** A loaded classifier: one input by feature and the outputs `label` and `probability_<class>`, all of shape [rows]. */
export interface OnnxModel {
  predict(columns: FeatureColumns, rowCount: number): Promise<Prediction[]>
  release(): Promise<void>
}

/**
 * Loads a model file. Throws a plain error with the reason when the file is not ONNX or does not have the inputs and
 * outputs of its signature.
 */
export async function loadOnnxModel(file: Uint8Array, signature: ModelSignature): Promise<OnnxModel> {
  // Loaded at first use, so that a server without models stays small.
  const ort = await import('onnxruntime-node')
  const session = await ort.InferenceSession.create(file, {
    // One request is one small computation: threads of one computation would only fight with those of the next.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  })
  const { classes } = signature.target
  checkNames(session, signature)
  const outputs = classes.map((name) => `probability_${name}`)

  return {
    async predict(columns, rowCount) {
      const shape = [rowCount]
      const feeds: Record<string, Tensor> = {}
      for (const [index, { name }] of signature.features.entries()) {
        const column = present(columns[index], `column ${name}`)
        feeds[name] =
          column instanceof Float32Array
            ? new ort.Tensor('float32', column, shape)
            : new ort.Tensor('string', [...column], shape)
      }
      const result = await session.run(feeds)
      const labels = present(result.label, 'output label').data as readonly string[]
      const shares = outputs.map((name) => present(result[name], name).data as Float32Array)
      return Array.from({ length: rowCount }, (_, row) => {
        const probabilities: Record<string, number> = {}
        for (const [index, name] of classes.entries()) probabilities[name] = shares[index]?.[row] ?? Number.NaN
        return { prediction: labels[row] ?? '', probabilities }
      })
    },
    release: () => session.release(),
  }
}

function checkNames(session: InferenceSession, signature: ModelSignature): void {
  const wanted = [
    { kind: 'input', names: session.inputNames, needed: signature.features.map(({ name }) => name) },
    {
      kind: 'output',
      names: session.outputNames,
      needed: ['label', ...signature.target.classes.map((name) => `probability_${name}`)],
    },
  ]
  for (const { kind, names, needed } of wanted) {
    const missing = needed.filter((name) => !names.includes(name))
    if (missing.length > 0) throw new Error(`The file has no ${kind} ${missing.join(', ')}; it has ${names.join(', ')}`)
  }
}

/** Version of the inference runtime, once its native library loads on this machine. */
export async function inferenceVersion(): Promise<string> {
  const ort = await import('onnxruntime-node')
  return ort.env.versions.node ?? ort.env.versions.common
}
