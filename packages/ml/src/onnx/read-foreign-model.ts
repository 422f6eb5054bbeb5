import { MlError } from '../ml-error.js'
import { intAt, intsAt, type ProtobufField, readFields, textAt, textOf } from './protobuf-reader.js'

/** An input or output of a model that was made elsewhere. */
export interface ForeignPort {
  readonly name: string
  /** Number of the element type in `TensorProto.DataType`; 0 of what is no tensor. */
  readonly elementType: number
  /** A free dimension is null. */
  readonly shape: readonly (number | null)[]
}

/** A node that turns probabilities by column into a map by class for each row: `ai.onnx.ml.ZipMap`. */
export interface ZippedOutput {
  /** The output of the model that it gives. */
  readonly name: string
  /** The tensor that it reads, [N, classes]. */
  readonly from: string
  /** The classes of the columns. */
  readonly classes: readonly string[]
}

/** What an ONNX file that was made elsewhere takes and gives. */
export interface ForeignModel {
  readonly irVersion: number
  /** Newest version that is declared of each operator set, by domain. */
  readonly operatorSets: ReadonlyMap<string, number>
  readonly fields: readonly ProtobufField[]
  /** Fields of its graph. */
  readonly graph: readonly ProtobufField[]
  /** Without those that have a constant value. */
  readonly inputs: readonly ForeignPort[]
  readonly outputs: readonly ForeignPort[]
  readonly zipped: readonly ZippedOutput[]
  /** Files beside the model that hold its larger tensors. */
  readonly externalFiles: readonly string[]
}

/** Operator sets before this one cannot cast to text. */
const operatorSetOfTexts = 9

/**
 * Reads what a file takes and gives. Field numbers are those of onnx.proto.
 * @param operatorSetMin oldest operator set that is taken: by default the oldest that casts to text
 * @throws MlError `invalid_file`
 */
export function readForeignModel(file: Uint8Array, operatorSetMin = operatorSetOfTexts): ForeignModel {
  const fields = readFields(file)
  const graphField = fields.find(({ number }) => number === 7)
  if (graphField === undefined) throw new MlError('invalid_file', 'The file is no ONNX model: it has no graph')
  const graph = readFields(graphField.bytes)
  const operatorSets = new Map<string, number>()
  for (const { bytes } of fields.filter(({ number }) => number === 8)) {
    const set = readFields(bytes)
    const domain = textAt(set, 1).replace(/^ai\.onnx$/, '')
    operatorSets.set(domain, Math.max(operatorSets.get(domain) ?? 0, intAt(set, 2)))
  }
  const version = operatorSets.get('') ?? operatorSetOfTexts
  if (version < operatorSetMin) {
    throw new MlError(
      'invalid_file',
      `The model uses operator set ${version}: export it with ${operatorSetMin} or later`,
    )
  }
  const constants = graph.filter(({ number }) => number === 5).map(({ bytes }) => readFields(bytes))
  const constantNames = new Set(constants.map((tensor) => textAt(tensor, 8)))
  const portsOf = (wanted: number) =>
    graph.filter(({ number }) => number === wanted).map(({ bytes }) => readPort(readFields(bytes)))
  return {
    irVersion: intAt(fields, 1),
    operatorSets,
    fields,
    graph,
    inputs: portsOf(11).filter(({ name }) => !constantNames.has(name)),
    outputs: portsOf(12),
    zipped: graph.filter(({ number }) => number === 1).flatMap(({ bytes }) => zippedOutput(bytes)),
    externalFiles: [...new Set(constants.map(externalFile).filter((name) => name !== ''))],
  }
}

function readPort(port: readonly ProtobufField[]): ForeignPort {
  const name = textAt(port, 1)
  const inside = (fields: readonly ProtobufField[], wanted: number) =>
    readFields(fields.find(({ number }) => number === wanted)?.bytes ?? new Uint8Array(0))
  const tensor = inside(inside(port, 2), 1)
  const shape = inside(tensor, 2)
    .filter(({ number }) => number === 1)
    .map(({ bytes }) => {
      const dimension = readFields(bytes)
      return dimension.some(({ number }) => number === 1) ? intAt(dimension, 1) : null
    })
  return { name, elementType: intAt(tensor, 1), shape }
}

function zippedOutput(bytes: Uint8Array): ZippedOutput[] {
  const node = readFields(bytes)
  if (textAt(node, 4) !== 'ZipMap') return []
  const attributes = node.filter(({ number }) => number === 5).map((field) => readFields(field.bytes))
  const classes = attributes.flatMap((attribute) => {
    if (textAt(attribute, 1) === 'classlabels_strings') {
      return attribute.filter(({ number }) => number === 9).map(textOf)
    }
    return textAt(attribute, 1) === 'classlabels_int64s' ? intsAt(attribute, 8).map(String) : []
  })
  return [{ name: textAt(node, 2), from: textAt(node, 1), classes }]
}

/** Name of the file that holds a tensor; empty where the model holds it itself. */
export function externalFile(tensor: readonly ProtobufField[]): string {
  return intAt(tensor, 14) === 1 ? (externalData(tensor).get('location') ?? '') : ''
}

/** Where a tensor lies in another file: `location`, `offset` and `length`, as texts. */
export function externalData(tensor: readonly ProtobufField[]): ReadonlyMap<string, string> {
  return new Map(
    tensor
      .filter(({ number }) => number === 13)
      .map(({ bytes }) => {
        const entry = readFields(bytes)
        return [textAt(entry, 1), textAt(entry, 2)]
      }),
  )
}
