import { MlError } from '../ml-error.js'
import { joinBytes } from './inner-graph.js'
import { elementTypes } from './onnx-graph.js'
import { readFields } from './protobuf-reader.js'
import { createProtobufWriter, type ProtobufWriter } from './protobuf-writer.js'

/**
 * A copy of a model file that also gives a float32 matrix [N, F] which it computes on its way.
 * @param name of the value
 * @throws MlError `invalid_file`
 */
export function exposeValue(file: Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  const fields = readFields(file)
  const graph = fields.find(({ number }) => number === 7)
  if (graph === undefined) throw new MlError('invalid_file', 'The file is no ONNX model: it has no graph')
  const port = written((writer) =>
    writer.message(12, (output) => {
      output.text(1, name)
      output.message(2, (type) =>
        type.message(1, (tensor) => {
          tensor.int(1, elementTypes.float32)
          tensor.message(2, (shape) => {
            shape.message(1, (rows) => rows.text(2, 'N'))
            shape.message(1, (width) => width.text(2, 'F'))
          })
        }),
      )
    }),
  )
  const whole = written((writer) => writer.bytes(7, joinBytes([graph.bytes, port])))
  return joinBytes([...fields.filter((field) => field !== graph).map(({ raw }) => raw), whole])
}

function written(write: (writer: ProtobufWriter) => void): Uint8Array {
  const writer = createProtobufWriter()
  write(writer)
  return writer.finish()
}
