import { readForeignModel } from '@fabrique/ml/foreign'
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { present } from '../../../kernel/index.js'
import { type Datatype, numberTypes, type Tensor, type TensorData, type TensorSpec } from './tensor.js'

/** A loaded ONNX file: tensors in, tensors out, nothing checked. */
export interface OnnxSession {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  /** Names of the free dimensions of each input, an empty one where it has none: those of one name are of one size. */
  readonly sizeNames: readonly (readonly string[])[]
  /** Whether every input and output has a first dimension that is free. */
  readonly hasFreeRows: boolean
  /** Inputs in the order of `inputs`; gives the outputs of these names in this order. Throws what the runtime says. */
  run(inputs: readonly Tensor[], outputs: readonly string[]): Promise<readonly Tensor[]>
  release(): Promise<void>
}

export interface OnnxFile {
  readonly content: Uint8Array
  /** Files that hold the larger tensors, by the names that the model gives them. */
  readonly external?: ReadonlyMap<string, Uint8Array>
  /** Threads of one computation. */
  readonly threads: number
}

type OrtType = OrtTensor.Type

const datatypeOf: Readonly<Partial<Record<OrtType, Datatype>>> = { ...numberTypes, string: 'BYTES' }
const ortTypes = new Map(Object.entries(datatypeOf).map(([type, datatype]) => [datatype, type as OrtType]))

/** Throws a plain error with the reason where the file is no ONNX, or takes what is no tensor. */
export async function openOnnxSession({ content, external, threads }: OnnxFile): Promise<OnnxSession> {
  // Loaded at first use, so that a server without models stays small.
  const ort = await import('onnxruntime-node')
  const options = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // Failures are thrown: what it would print of them is up to those who ask.
    logSeverityLevel: 4,
    ...(external === undefined ? {} : { externalData: [...external].map(([path, data]) => ({ path, data })) }),
  } as const
  const session = await ort.InferenceSession.create(content, options)
  const inputs = session.inputMetadata.map((port) => {
    if (!port.isTensor) throw new Error(`Its input ${port.name} is no tensor`)
    return specOf(port)
  })
  // Maps by class, which converters add to a classifier, cannot be read from here: the tensors beside them can.
  const outputPorts = session.outputMetadata.filter((port) => port.isTensor)
  const outputs = outputPorts.map(specOf)
  if (outputs.length === 0) throw new Error('None of its outputs is a tensor')
  const types = inputs.map(({ datatype }) => present(ortTypes.get(datatype), `type of ${datatype}`))
  const ports = [...session.inputMetadata, ...outputPorts]
  return {
    inputs,
    outputs,
    sizeNames: session.inputMetadata.map((port) =>
      port.isTensor ? port.shape.map((size) => (typeof size === 'string' ? size : '')) : [],
    ),
    hasFreeRows: ports.every((port) => port.isTensor && typeof port.shape[0] === 'string'),
    async run(given, names) {
      const feeds: Record<string, OrtTensor> = {}
      for (const [index, { name, shape, data }] of given.entries()) {
        feeds[name] = ortTensor(ort.Tensor, present(types[index], `type of ${name}`), data, shape)
      }
      const found = await session.run(feeds, names)
      return names.map((name) => tensorOf(name, present(found[name], `output ${name}`)))
    },
    release: () => session.release(),
  }
}

function specOf(port: InferenceSession.ValueMetadata): TensorSpec {
  const type = port.isTensor ? port.type : 'none'
  const datatype = type === 'none' ? undefined : datatypeOf[type]
  if (!port.isTensor || datatype === undefined)
    throw new Error(`${port.name} is of the type ${type}, which is not taken`)
  return { name: port.name, datatype, shape: port.shape.map((size) => (typeof size === 'number' ? size : -1)) }
}

/** The constructor is typed for one element type at a time. */
function ortTensor(Tensor: typeof OrtTensor, type: OrtType, data: TensorData, shape: readonly number[]): OrtTensor {
  return new Tensor(type, data as Float32Array, shape)
}

function tensorOf(name: string, { type, data, dims }: OrtTensor): Tensor {
  const datatype = present(datatypeOf[type], `type of ${name}`)
  return { name, datatype, shape: dims, data: datatype === 'FP16' ? bitsOf(data) : (data as TensorData) }
}

/** Where the engine knows numbers of 16 bits, they come as such. */
function bitsOf(data: OrtTensor['data']): Uint16Array {
  const { buffer, byteOffset, length } = data as Uint16Array
  return new Uint16Array(buffer, byteOffset, length)
}

/** Names of the files beside a model that it keeps tensors in. */
export function externalFilesOf(content: Uint8Array): readonly string[] {
  return readForeignModel(content).externalFiles
}
