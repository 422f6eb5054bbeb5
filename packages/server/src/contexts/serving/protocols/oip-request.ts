import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { fromBase64 } from '../from-base64.js'
import { elementCount } from '../runtime/check-tensors.js'
import { readRawTensor } from '../runtime/raw-tensor.js'
import { arrays, type Datatype, datatypes, type Tensor, type TensorSpec } from '../runtime/tensor.js'
import { listMark, takeNumberLists } from './number-lists.js'
import { isRecord, longIntegerOf, parseTensorJson } from './tensor-json.js'
import { tensorFromJson, tensorWrong } from './tensor-values.js'

export interface RequestedOutput {
  readonly name: string
  readonly isBinary: boolean
}

/** A request of the Open Inference Protocol. */
export interface InferenceRequest {
  readonly id: string | undefined
  readonly inputs: readonly Tensor[]
  /** All, where it is undefined. */
  readonly outputs: readonly RequestedOutput[] | undefined
  /** How outputs go that the request says nothing of. */
  readonly isBinary: boolean
}

type Fields = Readonly<Record<string, unknown>>

function wrong(field: string, reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field, reason }, { field })
}

/**
 * Reads a request: JSON, and after it the blocks of inputs that are binary. `jsonBytes` is the length of the JSON where the header
 * `Inference-Header-Content-Length` gives it. Throws `invalid_json`, `invalid_request`, `tensor_wrong`.
 */
export function parseInferenceRequest(body: Uint8Array, jsonBytes: number | undefined): InferenceRequest {
  const head = jsonBytes ?? body.length
  if (head > body.length) {
    throw wrong('Inference-Header-Content-Length', `it says ${head} bytes, and the body has ${body.length}`)
  }
  const request = parseWithLists(body.subarray(0, head))
  const { id, outputs } = request
  if (id !== undefined && typeof id !== 'string') throw wrong('id', 'must be a text')
  const isBinary = parametersOf(request, 'parameters').binary_data_output === true
  return {
    id,
    inputs: readInputs(request.inputs, body.subarray(head)),
    outputs: outputs === undefined || outputs === null ? undefined : readOutputs(outputs, isBinary),
    isBinary,
  }
}

/** The JSON of a request, the values of its inputs as numbers where they are plain ones. Throws what `parseTensorJson` does. */
function parseWithLists(text: Uint8Array): Fields {
  const taken = text.length > limit('http.body_bytes_max') ? undefined : takeNumberLists(text)
  if (taken === undefined) return parseTensorJson(text)
  const request = parseTensorJson(taken.bytes)
  const inputs: readonly unknown[] = Array.isArray(request.inputs) ? request.inputs : []
  let place = 0
  const filled = inputs.map((given) => {
    const list = isRecord(given) && given.data === listMark(place) ? taken.lists[place] : undefined
    if (!isRecord(given) || list === undefined) return given
    place += 1
    return { ...given, data: list }
  })
  // One of them is not what an input gives.
  if (place < taken.lists.length) return parseTensorJson(text)
  return { ...request, inputs: filled }
}

/** A body that is the block of the only input of a model, without any JSON. Throws `tensor_wrong`. */
export function parseRawRequest(body: Uint8Array, inputs: readonly TensorSpec[]): InferenceRequest {
  const [spec] = inputs
  if (spec === undefined || inputs.length > 1) {
    throw wrong(
      'Inference-Header-Content-Length',
      `0 is for models of one input, and this has ${inputs.map(({ name }) => name).join(', ')}`,
    )
  }
  return { id: undefined, inputs: [rawInput(body, spec)], outputs: undefined, isBinary: true }
}

/** The bytes of one input, of which one dimension may be free. Throws `tensor_wrong`. */
export function rawInput(body: Uint8Array, spec: TensorSpec): Tensor {
  const free = spec.shape.filter((size) => size < 0).length
  if (free > 1) {
    const at = `[${spec.shape.join(', ')}]`
    throw tensorWrong(
      spec.name,
      `the bytes alone do not tell its shape ${at}`,
      `les octets seuls ne donnent pas sa forme ${at}`,
    )
  }
  if (spec.datatype === 'BYTES') {
    const text = Buffer.alloc(4 + body.length)
    text.writeUInt32LE(body.length, 0)
    text.set(body, 4)
    return readRawTensor(text, { ...spec, shape: spec.shape.map((size) => Math.abs(size)) })
  }
  const known = spec.shape.reduce((product, size) => (size < 0 ? product : product * size), 1)
  const rest = known === 0 ? 0 : Math.floor(body.length / arrays[spec.datatype].BYTES_PER_ELEMENT / known)
  return readRawTensor(body, { ...spec, shape: spec.shape.map((size) => (size < 0 ? rest : size)) })
}

function parametersOf({ parameters = {} }: Fields, field: string): Fields {
  if (isRecord(parameters)) return parameters
  throw wrong(field, 'must be an object')
}

/** Extensions of other servers that would change the answer, and are not here. */
function refuseParameters(parameters: Fields, field: string): void {
  for (const name of ['shared_memory_region', 'classification']) {
    if (name in parameters) throw wrong(`${field}.parameters.${name}`, 'this server does not have this extension')
  }
}

function readInputs(list: unknown, blocks: Uint8Array): readonly Tensor[] {
  if (!Array.isArray(list) || list.length === 0) throw wrong('inputs', 'must be a list of tensors')
  const names = new Set<string>()
  let at = 0
  const inputs = list.map((given: unknown, index): Tensor => {
    const field = `inputs[${index}]`
    if (!isRecord(given)) throw wrong(field, 'must be an object with name, shape, datatype and data')
    const parameters = parametersOf(given, `${field}.parameters`)
    refuseParameters(parameters, field)
    const spec = readSpec(given, field)
    if (names.has(spec.name)) throw tensorWrong(spec.name, 'it stands twice', 'elle figure deux fois')
    names.add(spec.name)
    const { binary_data_size: size } = parameters
    if (size === undefined) {
      if (given.data === undefined) {
        throw tensorWrong(spec.name, 'it has no data', 'elle n’a pas de données')
      }
      return tensorFromJson(spec, parameters.content_type === 'base64' ? decoded(spec, given.data) : given.data)
    }
    if (given.data !== undefined) {
      throw tensorWrong(spec.name, 'it has data and binary_data_size', 'elle a data et binary_data_size')
    }
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw wrong(`${field}.parameters.binary_data_size`, 'must be a number of bytes')
    }
    if (at + size > blocks.length) {
      throw tensorWrong(
        spec.name,
        `its block of ${size} bytes is cut off: ${blocks.length - at} bytes are left of the body`,
        `son bloc de ${size} octets est tronqué, il reste ${blocks.length - at} octets du corps`,
      )
    }
    at += size
    return readRawTensor(blocks.subarray(at - size, at), spec)
  })
  if (at < blocks.length) {
    throw wrong('body', `${blocks.length - at} bytes are left after the blocks of the inputs`)
  }
  return inputs
}

const known: ReadonlySet<unknown> = new Set(datatypes)

function isDatatype(value: unknown): value is Datatype {
  return known.has(value)
}

function readSpec({ name, shape: sizes, datatype }: Fields, field: string): TensorSpec {
  if (typeof name !== 'string' || name === '') throw wrong(`${field}.name`, 'must be a text')
  if (!isDatatype(datatype)) {
    const found = datatype === undefined ? 'nothing' : JSON.stringify(datatype).slice(0, 100)
    throw tensorWrong(
      name,
      `its datatype must be one of ${datatypes.join(', ')}, and is ${found}`,
      `son type doit être l’un de ${datatypes.join(', ')}, or il est ${found}`,
    )
  }
  const shape = Array.isArray(sizes) ? sizes.map(sizeOf) : []
  if (!Array.isArray(sizes) || shape.length > dimensionsMax || shape.some(Number.isNaN)) {
    const found = sizes === undefined ? 'nothing' : JSON.stringify(sizes).slice(0, 100)
    throw tensorWrong(
      name,
      `its shape must be a list of up to ${dimensionsMax} whole numbers, and is ${found}`,
      `sa forme doit être une liste d’au plus ${dimensionsMax} nombres entiers, or elle est ${found}`,
    )
  }
  elementCount(name, shape)
  return { name, shape, datatype }
}

/** No operator of ONNX needs more. */
const dimensionsMax = 32

function sizeOf(size: unknown): number {
  return typeof size === 'number' ? size : Number(longIntegerOf(size) ?? Number.NaN)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Texts that came as base64, as clients send bytes that are no JSON. */
function decoded({ name, datatype }: TensorSpec, data: unknown): unknown {
  if (datatype !== 'BYTES' || !Array.isArray(data)) return data
  return data.map((value: unknown, at) => {
    const bytes = typeof value === 'string' ? fromBase64(value) : undefined
    try {
      if (bytes !== undefined) return utf8.decode(bytes)
    } catch {}
    throw tensorWrong(
      name,
      `value ${at} is no base64 of a UTF-8 text`,
      `la valeur ${at} n’est pas le base64 d’un texte UTF-8`,
    )
  })
}

function readOutputs(list: unknown, isBinary: boolean): readonly RequestedOutput[] | undefined {
  if (!Array.isArray(list)) throw wrong('outputs', 'must be a list')
  if (list.length === 0) return undefined
  const names = new Set<string>()
  return list.map((given: unknown, index) => {
    const field = `outputs[${index}]`
    if (!isRecord(given)) throw wrong(field, 'must be an object with a name')
    const { name } = given
    if (typeof name !== 'string' || name === '') throw wrong(`${field}.name`, 'must be a text')
    if (names.has(name)) throw wrong(`${field}.name`, `${name} stands twice`)
    names.add(name)
    const parameters = parametersOf(given, `${field}.parameters`)
    refuseParameters(parameters, field)
    const { binary_data: binary = isBinary } = parameters
    if (typeof binary !== 'boolean') throw wrong(`${field}.parameters.binary_data`, 'must be true or false')
    return { name, isBinary: binary }
  })
}

/** Whether an output goes as a block after the JSON. */
export function isBinaryOutput({ outputs, isBinary }: InferenceRequest, name: string): boolean {
  return outputs?.find((one) => one.name === name)?.isBinary ?? isBinary
}
