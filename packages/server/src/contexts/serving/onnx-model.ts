import { FabriqueError, type ModelSignature, type Prediction } from '@fabrique/contract'
import { labelOutput, predictionOutput, probabilityOutput, scoreOutput } from '@fabrique/ml/outputs'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { present } from '../../kernel/index.js'
import type { FeatureColumns } from './parse-features.js'

/**
 * A loaded model. Its file has one input by feature, [rows] or, of an only feature, [rows, 1]; and the outputs `label` with
 * `probability_<class>` or `score_<class>` of a classifier, `prediction` of a regression, each [rows].
 */
export interface OnnxModel {
  /** Throws `prediction_not_finite`. */
  predict(columns: FeatureColumns, rowCount: number): Promise<Prediction[]>
  release(): Promise<void>
}

/** The outputs of a run by name. */
type Outputs = InferenceSession.OnnxValueMapType

/** Reads the predictions of some rows out of what a file gave. */
type ReadOutputs = (outputs: Outputs, rowCount: number) => Prediction[]

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
  const names = signature.features.map(({ name }) => name)
  requireNames('input', session.inputNames, names)
  const read = readerOf(session.outputNames, signature)
  const ranks = new Map(session.inputMetadata.map((input) => [input.name, input.isTensor ? input.shape.length : 0]))
  const inputs = names.map((name) => ({ name, isMatrix: ranks.get(name) === 2 }))

  return {
    async predict(columns, rowCount) {
      const feeds: Record<string, Tensor> = {}
      for (const [index, { name, isMatrix }] of inputs.entries()) {
        const column = present(columns[index], `column ${name}`)
        const shape = isMatrix ? [rowCount, 1] : [rowCount]
        if (column instanceof Float32Array) feeds[name] = new ort.Tensor('float32', column, shape)
        else if (column instanceof BigInt64Array) feeds[name] = new ort.Tensor('int64', column, shape)
        else feeds[name] = new ort.Tensor('string', [...column], shape)
      }
      return read(await session.run(feeds), rowCount)
    },
    release: () => session.release(),
  }
}

function readerOf(found: readonly string[], { task, target }: ModelSignature): ReadOutputs {
  if (task === 'regression') {
    requireNames('output', found, [predictionOutput])
    return (outputs, rowCount) => {
      const numbers = numbersOf(outputs, predictionOutput)
      return Array.from({ length: rowCount }, (_, row) => ({ prediction: finiteAt(numbers, row) }))
    }
  }
  const { classes } = target
  const hasScores = classes.every((name) => found.includes(scoreOutput(name)))
  const names = classes.map(hasScores ? scoreOutput : probabilityOutput)
  requireNames('output', found, [labelOutput, ...names])
  // A class may have any name, also one that an object sets its prototype by.
  const hasPrototype = !classes.includes('__proto__')
  return (outputs, rowCount) => {
    const labels = present(outputs[labelOutput], `output ${labelOutput}`).data as readonly string[]
    const columns = names.map((name) => numbersOf(outputs, name))
    return Array.from({ length: rowCount }, (_, row) => {
      const values: Record<string, number> = hasPrototype ? {} : Object.create(null)
      for (const [index, name] of classes.entries()) values[name] = finiteAt(columns[index], row)
      const prediction = labels[row] ?? ''
      return hasScores ? { prediction, scores: values } : { prediction, probabilities: values }
    })
  }
}

/** An output of float32, which is what the names of numbers are given to. */
function numbersOf(outputs: Outputs, name: string): Float32Array {
  return present(outputs[name], `output ${name}`).data as Float32Array
}

function finiteAt(values: Float32Array | undefined, row: number): number {
  const value = values?.[row]
  if (value === undefined || !Number.isFinite(value)) throw new FabriqueError('prediction_not_finite', { row })
  return value
}

function requireNames(kind: 'input' | 'output', found: readonly string[], needed: readonly string[]): void {
  const missing = needed.filter((name) => !found.includes(name))
  if (missing.length > 0) throw new Error(`The file has no ${kind} ${missing.join(', ')}; it has ${found.join(', ')}`)
}

/** Version of the inference runtime, once its native library loads on this machine. */
export async function inferenceVersion(): Promise<string> {
  const ort = await import('onnxruntime-node')
  return ort.env.versions.node ?? ort.env.versions.common
}
