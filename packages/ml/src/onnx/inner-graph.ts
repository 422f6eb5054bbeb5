import { MlError } from '../ml-error.js'
import { type ProtobufField, readFields, textOf } from './protobuf-reader.js'
import { createProtobufWriter, type ProtobufWriter } from './protobuf-writer.js'
import { externalData, externalFile, type ForeignModel } from './read-foreign-model.js'

/** Content of the files beside a model, by their names. */
export type ExternalFiles = ReadonlyMap<string, Uint8Array>

/** Nodes and constants of a graph, each a message, under names that begin with a prefix. */
export interface InnerGraph {
  readonly nodes: readonly Uint8Array[]
  readonly constants: readonly Uint8Array[]
  readonly sparseConstants: readonly Uint8Array[]
}

/**
 * The nodes and constants of a model, its values renamed so that they meet those of no graph around it, and tensors of other files taken in.
 * Maps by class (`ZipMap`) are left out: nothing reads them.
 * @throws MlError `invalid_file`, also for a file that is not given
 */
export function innerGraph(model: ForeignModel, prefix: string, files: ExternalFiles): InnerGraph {
  const of = (wanted: number) => model.graph.filter(({ number }) => number === wanted)
  const zipped = new Set(model.zipped.map(({ name }) => name))
  const naming = { prefix, files }
  return {
    nodes: of(1)
      .map(({ bytes }) => readFields(bytes))
      .filter((node) => !node.some((field) => field.number === 2 && zipped.has(textOf(field))))
      .map((node) => renamedNode(node, naming)),
    constants: of(5).map(({ bytes }) => renamedTensor(readFields(bytes), naming)),
    sparseConstants: of(15).map(({ bytes }) => renamedSparse(readFields(bytes), naming)),
  }
}

interface Naming {
  readonly prefix: string
  readonly files: ExternalFiles
}

/** Writes fields again: those that `change` takes are changed, the others stay as they are. */
function rewritten(
  fields: readonly ProtobufField[],
  change: (field: ProtobufField, writer: ProtobufWriter) => boolean,
): Uint8Array {
  const pieces = fields.map((field) => {
    const writer = createProtobufWriter()
    return change(field, writer) ? writer.finish() : field.raw
  })
  return joinBytes(pieces)
}

/** Bytes one after the other. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** An empty name is an optional value that is not there. */
function named(name: string, { prefix }: Naming): string {
  return name === '' ? '' : `${prefix}${name}`
}

function renamedNode(node: readonly ProtobufField[], naming: Naming): Uint8Array {
  return rewritten(node, (field, writer) => {
    if (field.number === 1 || field.number === 2) writer.text(field.number, named(textOf(field), naming))
    else if (field.number === 5) writer.bytes(5, renamedAttribute(readFields(field.bytes), naming))
    else return false
    return true
  })
}

/** Attributes of loops and branches hold graphs, which read values of the graph around them. */
function renamedAttribute(attribute: readonly ProtobufField[], naming: Naming): Uint8Array {
  return rewritten(attribute, (field, writer) => {
    if (field.number !== 6 && field.number !== 11) return false
    writer.bytes(field.number, renamedGraph(readFields(field.bytes), naming))
    return true
  })
}

function renamedGraph(graph: readonly ProtobufField[], naming: Naming): Uint8Array {
  return rewritten(graph, (field, writer) => {
    const inside = () => readFields(field.bytes)
    if (field.number === 1) writer.bytes(1, renamedNode(inside(), naming))
    else if (field.number === 5) writer.bytes(5, renamedTensor(inside(), naming))
    else if (field.number === 15) writer.bytes(15, renamedSparse(inside(), naming))
    else if (field.number === 11 || field.number === 12) writer.bytes(field.number, renamedPort(inside(), naming))
    // Types of values in between are found again by the runtime.
    else return field.number === 13 || field.number === 14
    return true
  })
}

function renamedPort(port: readonly ProtobufField[], naming: Naming): Uint8Array {
  return rewritten(port, (field, writer) => {
    if (field.number !== 1) return false
    writer.text(1, named(textOf(field), naming))
    return true
  })
}

function renamedSparse(sparse: readonly ProtobufField[], naming: Naming): Uint8Array {
  return rewritten(sparse, (field, writer) => {
    if (field.number !== 1 && field.number !== 2) return false
    writer.bytes(field.number, renamedTensor(readFields(field.bytes), naming))
    return true
  })
}

function renamedTensor(tensor: readonly ProtobufField[], naming: Naming): Uint8Array {
  const content = externalContent(tensor, naming)
  const own = rewritten(tensor, (field, writer) => {
    if (field.number === 8) writer.text(8, named(textOf(field), naming))
    // Nothing is written: the tensor holds its own values from now on.
    else return content !== undefined && (field.number === 13 || field.number === 14)
    return true
  })
  if (content === undefined) return own
  const writer = createProtobufWriter()
  writer.bytes(9, content)
  return joinBytes([own, writer.finish()])
}

function externalContent(tensor: readonly ProtobufField[], { files }: Naming): Uint8Array | undefined {
  const name = externalFile(tensor)
  if (name === '') return undefined
  const file = files.get(name)
  const place = externalData(tensor)
  const offset = Number(place.get('offset') ?? 0)
  const end = place.has('length') ? offset + Number(place.get('length')) : (file?.length ?? 0)
  if (file !== undefined && offset >= 0 && offset <= end && end <= file.length) return file.subarray(offset, end)
  throw new MlError(
    'invalid_file',
    `The model keeps tensors in ${JSON.stringify(name)}, which is not beside it or is cut`,
  )
}
