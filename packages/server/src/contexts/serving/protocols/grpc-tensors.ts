import { FabriqueError } from '@fabrique/contract'
import { rawBytesOf, readRawTensor, readText } from '../runtime/raw-tensor.js'
import { type Datatype, datatypes, type Tensor, type TensorData, type TensorSpec } from '../runtime/tensor.js'
import type { InputTensor, Int64, ModelInferRequest, ModelInferResponse, TensorContents } from './grpc-messages.js'
import { tensorWrong } from './tensor-values.js'

/** The field of the contents that holds the values of each type; those of FP16 come as bytes only. */
const fields: Readonly<Record<Exclude<Datatype, 'FP16'>, keyof TensorContents>> = {
  BOOL: 'bool_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
}

/** The tensors of a request, out of their contents or out of raw blocks. Throws `tensor_wrong` and `invalid_request`. */
export function readTensors({ inputs, raw_input_contents: blocks }: ModelInferRequest): readonly Tensor[] {
  if (blocks.length === 0) return inputs.map((input) => readContents(input, specOf(input)))
  if (blocks.length !== inputs.length) {
    throw invalid('raw_input_contents', `it has ${blocks.length} blocks for ${inputs.length} inputs`)
  }
  return inputs.map((input, place) => {
    const spec = specOf(input)
    if (input.contents !== null) throw invalid('raw_input_contents', `input ${input.name} has contents besides`)
    return readRawTensor(blocks[place] ?? new Uint8Array(), spec)
  })
}

function specOf({ name, datatype, shape, parameters }: InputTensor): TensorSpec {
  if ('shared_memory_region' in parameters) {
    throw tensorWrong(name, 'shared memory is not taken', 'la mémoire partagée n’est pas acceptée')
  }
  const known = datatypes.find((type) => type === datatype)
  if (known === undefined) {
    const [given, all] = [JSON.stringify(datatype), datatypes.join(', ')]
    throw tensorWrong(name, `datatype ${given} is none of ${all}`, `le type ${given} n’est pas parmi ${all}`)
  }
  return { name, datatype: known, shape: shape.map(({ low, high }) => high * 2 ** 32 + (low >>> 0)) }
}

function readContents({ contents }: InputTensor, spec: TensorSpec): Tensor {
  const { name, datatype } = spec
  if (datatype === 'FP16') {
    throw tensorWrong(name, 'FP16 comes in raw_input_contents', 'FP16 se transmet dans raw_input_contents')
  }
  const field = fields[datatype]
  if (contents !== null && contents[field].length === 0) {
    const other = Object.values(fields).find((each) => contents[each].length > 0)
    if (other !== undefined) {
      throw tensorWrong(
        name,
        `${datatype} stands in ${field}, not in ${other}`,
        `${datatype} va dans ${field}, non ${other}`,
      )
    }
  }
  return { ...spec, data: contents === null ? readValues(spec, noContents) : readValues(spec, contents) }
}

const noContents: TensorContents = {
  bool_contents: [],
  int_contents: [],
  int64_contents: [],
  uint_contents: [],
  uint64_contents: [],
  fp32_contents: [],
  fp64_contents: [],
  bytes_contents: [],
}

function readValues({ name, datatype }: TensorSpec, contents: TensorContents): TensorData {
  switch (datatype) {
    case 'BOOL':
      return Uint8Array.from(contents.bool_contents, Number)
    case 'UINT8':
      return withinType(Uint8Array.from(contents.uint_contents), contents.uint_contents, name)
    case 'UINT16':
    case 'FP16':
      return withinType(Uint16Array.from(contents.uint_contents), contents.uint_contents, name)
    case 'UINT32':
      return Uint32Array.from(contents.uint_contents)
    case 'UINT64':
      return new BigUint64Array(halvesOf(contents.uint64_contents).buffer)
    case 'INT8':
      return withinType(Int8Array.from(contents.int_contents), contents.int_contents, name)
    case 'INT16':
      return withinType(Int16Array.from(contents.int_contents), contents.int_contents, name)
    case 'INT32':
      return Int32Array.from(contents.int_contents)
    case 'INT64':
      return new BigInt64Array(halvesOf(contents.int64_contents).buffer)
    case 'FP32':
      return Float32Array.from(contents.fp32_contents)
    case 'FP64':
      return Float64Array.from(contents.fp64_contents)
    case 'BYTES':
      return contents.bytes_contents.map((bytes) => readText(bytes, name))
  }
}

/** Small integers travel as those of 32 bits: one beyond its own type would become another number. */
function withinType<Values extends Uint8Array | Uint16Array | Int8Array | Int16Array>(
  values: Values,
  sent: readonly number[],
  input: string,
): Values {
  const place = sent.findIndex((value, index) => values[index] !== value)
  if (place < 0) return values
  throw tensorWrong(input, `value ${sent[place]} is beyond its type`, `la valeur ${sent[place]} dépasse son type`)
}

/** Numbers of 64 bits as they lie in memory. */
function halvesOf(values: readonly Int64[]): Int32Array<ArrayBuffer> {
  const halves = new Int32Array(values.length * 2)
  for (const [place, { low, high }] of values.entries()) {
    halves[2 * place] = low
    halves[2 * place + 1] = high
  }
  return halves
}

/** The tensors of an answer: as contents, or as raw blocks where the request had them or a type has no contents. */
export function writeTensors(
  tensors: readonly Tensor[],
  asked: { readonly raw: boolean },
): Pick<ModelInferResponse, 'outputs' | 'raw_output_contents'> {
  const described = ({ name, datatype, shape }: Tensor) => ({ name, datatype, shape })
  if (asked.raw || tensors.some(({ datatype }) => datatype === 'FP16')) {
    return { outputs: tensors.map(described), raw_output_contents: tensors.map(rawBytesOf) }
  }
  return { outputs: tensors.map((tensor) => ({ ...described(tensor), contents: contentsOf(tensor) })) }
}

function contentsOf({ datatype, data }: Tensor): Partial<TensorContents> {
  if (!ArrayBuffer.isView(data)) return { bytes_contents: data.map((text) => Buffer.from(text, 'utf8')) }
  if (data instanceof BigInt64Array) return { int64_contents: numbersOf64(data, false) }
  if (data instanceof BigUint64Array) return { uint64_contents: numbersOf64(data, true) }
  if (datatype === 'BOOL') return { bool_contents: Array.from(data, (value) => value !== 0) }
  return datatype === 'FP16' ? {} : { [fields[datatype]]: Array.from(data) }
}

function numbersOf64({ buffer, byteOffset, length }: BigInt64Array | BigUint64Array, unsigned: boolean): Int64[] {
  const halves = new Int32Array(buffer, byteOffset, length * 2)
  return Array.from({ length }, (_, place) => ({
    low: halves[2 * place] ?? 0,
    high: halves[2 * place + 1] ?? 0,
    unsigned,
  }))
}

function invalid(field: string, reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field, reason }, { field })
}
