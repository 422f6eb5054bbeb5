import { MlError } from '../ml-error.js'
import { intAt, intsAt, type ProtobufField, readFields, textAt, textOf } from './protobuf-reader.js'

/** A node of a graph that was read: its attributes by name, each as its fields. */
export interface ReadNode {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, readonly ProtobufField[]>
}

/** A graph that was read; attributes and constants are parsed where they are asked for. */
export interface ReadGraph {
  readonly nodes: readonly ReadNode[]
  /** Fields of each constant by its name. */
  readonly constants: ReadonlyMap<string, readonly ProtobufField[]>
  /** Names of the inputs, in their order. */
  readonly inputs: readonly string[]
  readonly metadata: ReadonlyMap<string, string>
}

/**
 * The nodes, constants and metadata of a model file. Field numbers are those of onnx.proto.
 * @throws MlError `invalid_file`
 */
export function readGraph(file: Uint8Array): ReadGraph {
  const fields = readFields(file)
  const graphField = fields.find(({ number }) => number === 7)
  if (graphField === undefined) throw new MlError('invalid_file', 'The file is no ONNX model: it has no graph')
  const graph = readFields(graphField.bytes)
  const of = (number: number) => graph.filter((field) => field.number === number).map(({ bytes }) => readFields(bytes))
  const entries = fields.filter(({ number }) => number === 14).map(({ bytes }) => readFields(bytes))
  return {
    nodes: of(1).map(readNode),
    constants: new Map(of(5).map((tensor) => [textAt(tensor, 8), tensor])),
    inputs: of(11).map((port) => textAt(port, 1)),
    metadata: new Map(entries.map((entry) => [textAt(entry, 1), textAt(entry, 2)])),
  }
}

function readNode(node: readonly ProtobufField[]): ReadNode {
  const texts = (number: number) => node.filter((field) => field.number === number).map(textOf)
  return {
    operator: textAt(node, 4),
    inputs: texts(1),
    outputs: texts(2),
    attributes: new Map(
      node
        .filter(({ number }) => number === 5)
        .map(({ bytes }) => {
          // The texts of an attribute may be millions, and each would be a field of its own.
          const fields = isTexts(bytes) ? [] : readFields(bytes)
          return [nameOf(bytes), fields] as const
        }),
    ),
  }
}

/** The first field of an attribute is its name, as every writer has it. */
function nameOf(attribute: Uint8Array): string {
  const end = 2 + (attribute[1] ?? 0)
  return attribute[0] === 10 ? new TextDecoder().decode(attribute.subarray(2, end)) : textAt(readFields(attribute), 1)
}

/** Whether the second field holds texts. */
function isTexts(attribute: Uint8Array): boolean {
  return attribute[0] === 10 && attribute[2 + (attribute[1] ?? 0)] === 74
}

/** Whole numbers of an attribute, packed or one by one; undefined without it. */
export function attributeInts({ attributes }: ReadNode, name: string): Int32Array | undefined {
  const fields = attributes.get(name)
  if (fields === undefined) return undefined
  const packed = fields.filter(({ number, bytes }) => number === 8 && bytes.length > 0)
  const [only] = packed
  if (only !== undefined && packed.length === 1) return packedInt32s(only.bytes)
  return Int32Array.from(intsAt(fields, 8))
}

/** The float32 numbers of an attribute; undefined without it. */
export function attributeFloats({ attributes }: ReadNode, name: string): Float32Array | undefined {
  const fields = attributes.get(name)
  return fields === undefined ? undefined : floatsAt(fields, 7)
}

/** The numbers of a float32, float64 or int64 constant; undefined for another type. */
export function constantNumbers(tensor: readonly ProtobufField[]): Float64Array | undefined {
  const raw = tensor.find(({ number }) => number === 9)?.bytes
  switch (intAt(tensor, 2)) {
    case 1:
      return Float64Array.from(raw === undefined ? floatsAt(tensor, 4) : float32s(raw))
    case 7:
      return raw === undefined ? Float64Array.from(intsAt(tensor, 7)) : undefined
    case 11:
      return raw === undefined ? doublesAt(tensor, 10) : float64s(raw)
    default:
      return undefined
  }
}

/** Sizes of a constant. */
export function constantShape(tensor: readonly ProtobufField[]): readonly number[] {
  return intsAt(tensor, 1)
}

/** Packed varints of numbers within 32 bits; what is beyond is cut, as no number of a tree is. */
function packedInt32s(bytes: Uint8Array): Int32Array {
  let count = 0
  for (const byte of bytes) if (byte < 128) count++
  const values = new Int32Array(count)
  let [value, shift, at] = [0, 0, 0]
  for (const byte of bytes) {
    if (shift < 32) value |= (byte & 127) << shift
    shift += 7
    if (byte >= 128) continue
    values[at++] = value
    value = 0
    shift = 0
  }
  return values
}

/** Packed, or one by one as the runtime's own tools write them. */
function floatsAt(fields: readonly ProtobufField[], number: number): Float32Array {
  const parts = fields
    .filter((field) => field.number === number)
    .map(({ bytes, raw }) => (bytes.length > 0 ? bytes : raw.subarray(raw.length - 4)))
  const values = new Float32Array(parts.reduce((sum, { length }) => sum + Math.floor(length / 4), 0))
  let at = 0
  for (const part of parts) {
    values.set(float32s(part), at)
    at += Math.floor(part.length / 4)
  }
  return values
}

function doublesAt(fields: readonly ProtobufField[], number: number): Float64Array {
  const packed = fields.find((field) => field.number === number && field.bytes.length > 0)
  return packed === undefined ? new Float64Array(0) : float64s(packed.bytes)
}

/** Little endian numbers at any place of a file: copied, since a list of numbers has to begin at a whole place. */
function float32s(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % 4))).buffer)
}

function float64s(bytes: Uint8Array): Float64Array {
  return new Float64Array(new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % 8))).buffer)
}
