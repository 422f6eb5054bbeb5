import {
  type ElementType,
  elementTypes,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxPort,
  type OnnxTensor,
  type OperatorDomain,
} from './onnx-graph.js'
import { createProtobufWriter, type ProtobufWriter } from './protobuf-writer.js'

/**
 * Versions that every onnxruntime since 1.13 loads and that the operators used here exist in: format 8 (ONNX 1.13),
 * operator sets 17 and ai.onnx.ml 3.
 */
const irVersion = 8
const operatorSets: readonly (readonly [OperatorDomain, number])[] = [
  ['', 17],
  ['ai.onnx.ml', 3],
]

/** Declared only where it is used: other runtimes do not know it. */
const runtimeOperatorSet: readonly [OperatorDomain, number] = ['com.microsoft', 1]

const producerName = 'fabrique'

/** `AttributeProto`: number of the field that holds each kind, and of the kind itself. */
const attributeKinds = {
  float: { field: 2, type: 1 },
  int: { field: 3, type: 2 },
  string: { field: 4, type: 3 },
  floats: { field: 7, type: 6 },
  ints: { field: 8, type: 7 },
  strings: { field: 9, type: 8 },
} as const

/**
 * Writes a graph as an ONNX file (`ModelProto`). The bytes depend on nothing but the arguments. Field numbers are those
 * of onnx.proto.
 * @param metadata texts that go with the model; written in order of their keys
 * @throws MlError `model_too_large` beyond 2 GiB
 */
export function encodeModel(graph: OnnxGraph, metadata: Readonly<Record<string, string>>): Uint8Array {
  const model = createProtobufWriter()
  model.int(1, irVersion)
  model.text(2, producerName)
  model.message(7, (writer) => writeGraph(writer, graph))
  const usesRuntime = graph.nodes.some(({ domain }) => domain === runtimeOperatorSet[0])
  for (const [domain, version] of usesRuntime ? [...operatorSets, runtimeOperatorSet] : operatorSets) {
    model.message(8, (writer) => {
      writer.text(1, domain)
      writer.int(2, version)
    })
  }
  for (const key of Object.keys(metadata).sort()) {
    model.message(14, (writer) => {
      writer.text(1, key)
      writer.text(2, metadata[key] ?? '')
    })
  }
  return model.finish()
}

function writeGraph(writer: ProtobufWriter, graph: OnnxGraph): void {
  for (const [index, node] of graph.nodes.entries()) {
    writer.message(1, (inner) => writeNode(inner, node, `${node.operator}_${index}`))
  }
  writer.text(2, graph.name)
  for (const { name, tensor } of graph.constants) writer.message(5, (inner) => writeTensor(inner, name, tensor))
  for (const port of graph.inputs) writer.message(11, (inner) => writePort(inner, port))
  for (const port of graph.outputs) writer.message(12, (inner) => writePort(inner, port))
}

function writeNode(writer: ProtobufWriter, node: OnnxNode, name: string): void {
  writer.texts(1, node.inputs)
  writer.texts(2, node.outputs)
  writer.text(3, name)
  writer.text(4, node.operator)
  for (const [key, attribute] of Object.entries(node.attributes)) {
    writer.message(5, (inner) => writeAttribute(inner, key, attribute))
  }
  writer.text(7, node.domain)
}

function writeAttribute(writer: ProtobufWriter, name: string, attribute: OnnxAttribute): void {
  const { field, type } = attributeKinds[attribute.kind]
  writer.text(1, name)
  switch (attribute.kind) {
    case 'float':
      writer.float(field, attribute.value)
      break
    case 'int':
      writer.int(field, attribute.value)
      break
    case 'string':
      writer.text(field, attribute.value)
      break
    case 'floats':
      writer.packedFloats(field, attribute.values)
      break
    case 'ints':
      writer.packedInts(field, attribute.values)
      break
    case 'strings':
      writer.texts(field, attribute.values)
      break
  }
  writer.int(20, type)
}

function writeTensor(writer: ProtobufWriter, name: string, tensor: OnnxTensor): void {
  writer.packedInts(1, tensor.shape)
  writer.int(2, elementTypes[tensor.elementType])
  switch (tensor.elementType) {
    case 'float32':
      writer.packedFloats(4, tensor.values)
      break
    case 'float64':
      writer.packedDoubles(10, tensor.values)
      break
    case 'int64':
      writer.packedInts(7, tensor.values)
      break
    case 'string':
      writer.texts(6, tensor.values)
      break
  }
  writer.text(8, name)
}

function writePort(writer: ProtobufWriter, { name, elementType, shape }: OnnxPort): void {
  writer.text(1, name)
  writer.message(2, (type) => type.message(1, (tensorType) => writeTensorType(tensorType, elementType, shape)))
}

function writeTensorType(writer: ProtobufWriter, elementType: ElementType, shape: OnnxPort['shape']): void {
  writer.int(1, elementTypes[elementType])
  writer.message(2, (shapeWriter) => {
    for (const size of shape) {
      shapeWriter.message(1, (dimension) => {
        if (typeof size === 'number') dimension.int(1, size)
        else dimension.text(2, size)
      })
    }
  })
}
