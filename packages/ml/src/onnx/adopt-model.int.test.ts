import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { type AdoptOptions, adoptModel } from './adopt-model.js'
import { encodeModel } from './encode-model.js'
import { createGraphBuilder, type OnnxGraph } from './onnx-graph.js'
import { createProtobufWriter } from './protobuf-writer.js'
import { readForeignModel } from './read-foreign-model.js'

const columns = [
  { name: 'probability_of rain', kind: 'number' },
  { name: 'inner/x', kind: 'number' },
] as const

/** A model of two columns as a matrix: the number is 2 a + 3 b, its share of 10 the probability of the second class. */
function foreignGraph(outputs: 'variable' | 'second' | 'label and matrix'): OnnxGraph {
  const graph = createGraphBuilder('foreign', ['X', 'variable', 'label', 'said'])
  graph.input({ name: 'X', elementType: 'float64', shape: ['N', 2] })
  const weights = graph.constant('inner/x', { elementType: 'float64', shape: [2, 1], values: [2, 3] })
  const sum = graph.node({
    operator: 'MatMul',
    inputs: ['X', weights],
    ...(outputs === 'variable' ? { output: 'variable' } : {}),
  })
  if (outputs === 'variable') {
    graph.output({ name: 'variable', elementType: 'float64', shape: ['N', 1] })
    return graph.finish()
  }
  const ten = graph.constant('ten', { elementType: 'float64', shape: [], values: [10] })
  if (outputs === 'second') {
    graph.node({ operator: 'Div', inputs: [sum, ten], output: 'said' })
    graph.output({ name: 'said', elementType: 'float64', shape: ['N', 1] })
    return graph.finish()
  }
  const share = graph.node({ operator: 'Div', inputs: [sum, ten] })
  const one = graph.constant('one', { elementType: 'float64', shape: [], values: [1] })
  const rest = graph.node({ operator: 'Sub', inputs: [one, share] })
  const axis = { kind: 'int', value: 1 } as const
  graph.node({ operator: 'Concat', inputs: [rest, share], attributes: { axis }, output: 'said' })
  const attributes = { axis, keepdims: { kind: 'int', value: 0 } } as const
  graph.node({ operator: 'ArgMax', inputs: ['said'], attributes, output: 'label' })
  graph.output({ name: 'label', elementType: 'int64', shape: ['N'] })
  graph.output({ name: 'said', elementType: 'float64', shape: ['N', 2] })
  return graph.finish()
}

async function answer(file: Uint8Array, a: readonly number[], b: readonly number[]) {
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 })
  try {
    const outputs = await session.run({
      'probability_of rain': new Tensor('float32', Float32Array.from(a), [a.length]),
      'inner/x': new Tensor('float32', Float32Array.from(b), [b.length]),
    })
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, [...data]]))
  } finally {
    await session.release()
  }
}

const regression: AdoptOptions = { task: 'regression', columns, classes: [], says: 'scores' }
const classes: AdoptOptions = { task: 'classification', columns, classes: ['3', '7'], says: 'probabilities' }
const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6))

describe('a model that was made elsewhere', () => {
  test('takes columns, and gives a number for each row; names of both graphs may meet', async () => {
    const { onnx, columns: read } = adoptModel(encodeModel(foreignGraph('variable'), {}), regression)
    expect(read).toEqual(columns)
    expect(await answer(onnx, [1, 0], [0, 2])).toEqual({ prediction: near([2, 6]) })
  })

  test('tells only the second class: the first is what is left, the label the greater', async () => {
    const adopted = adoptModel(encodeModel(foreignGraph('second'), {}), classes)
    expect(adopted.tellsOnlySecond).toBe(true)
    expect(await answer(adopted.onnx, [1, 3], [0, 1])).toEqual({
      label: ['3', '7'],
      probability_3: near([0.8, 0.1]),
      probability_7: near([0.2, 0.9]),
    })
  })

  test('tells a class by its code, and probabilities that floats take out of 0..1 stay within', async () => {
    const file = encodeModel(foreignGraph('label and matrix'), {})
    const adopted = adoptModel(file, { ...classes, classes: ['no', 'yes'], classOfCode: ['no', 'yes'] })
    expect(adopted.tellsOnlySecond).toBe(false)
    expect(await answer(adopted.onnx, [1, 5], [0, 0.1])).toEqual({
      label: ['no', 'yes'],
      probability_no: near([0.8, 0]),
      probability_yes: near([0.2, 1]),
    })
  })

  test('of another form is refused with what it has', () => {
    const file = encodeModel(foreignGraph('variable'), {})
    const refused = (options: Partial<AdoptOptions>) => () => adoptModel(file, { ...regression, ...options })
    expect(refused({ columns: [...columns, { name: 'c', kind: 'number' }] })).toThrow('no input of it takes c')
    expect(refused({ columns: columns.slice(0, 1) })).toThrow('its input X takes 2 columns, and there are 1 for it')
    expect(refused({ task: 'classification', classes: ['a', 'b', 'c'] })).toThrow('The model gives variable')
    expect(refused({ columns: [{ name: 'prediction', kind: 'number' }, columns[1]] })).toThrow('rename "prediction"')
  })

  test('that is cut, or is something else, is no model', () => {
    const file = encodeModel(foreignGraph('variable'), {})
    for (const length of [0, 1, 20, file.length - 1]) {
      expect(() => adoptModel(file.subarray(0, length), regression)).toThrow(/no ONNX model/)
    }
    expect(() => readForeignModel(new TextEncoder().encode('{"a": 1}'))).toThrow(/no ONNX model/)
  })
})

/** The file of a graph whose only constant lies in another file, at byte 8. */
function withExternalWeights(): Uint8Array {
  const graph = foreignGraph('variable')
  const whole = encodeModel({ ...graph, constants: [] }, {})
  const tensor = createProtobufWriter()
  tensor.packedInts(1, [2, 1])
  tensor.int(2, 11)
  tensor.text(8, 'inner/x')
  for (const [key, value] of Object.entries({ location: 'weights.bin', offset: '8', length: '16' })) {
    tensor.message(13, (entry) => {
      entry.text(1, key)
      entry.text(2, value)
    })
  }
  tensor.int(14, 1)
  const added = createProtobufWriter()
  // Of a message that stands twice, the fields are put together.
  added.message(7, (own) => own.bytes(5, tensor.finish()))
  return mergedGraph(whole, added.finish())
}

/** Puts the fields of the graph of one model at the end of that of another. */
function mergedGraph(model: Uint8Array, more: Uint8Array): Uint8Array {
  const read = readForeignModel(model)
  const extra = readForeignModel(more)
  const writer = createProtobufWriter()
  writer.int(1, 8)
  const bytes = Buffer.concat([...read.graph, ...extra.graph].map(({ raw }) => raw))
  writer.bytes(7, bytes)
  writer.message(8, (set) => set.int(2, 17))
  return writer.finish()
}

test('tensors of another file become part of the model', async () => {
  const file = withExternalWeights()
  expect(readForeignModel(file).externalFiles).toEqual(['weights.bin'])
  const weights = new Uint8Array(new Float64Array([99, 2, 3]).buffer)
  const { onnx } = adoptModel(file, { ...regression, files: new Map([['weights.bin', weights]]) })
  expect(await answer(onnx, [1], [2])).toEqual({ prediction: near([8]) })
  expect(() => adoptModel(file, regression)).toThrow('"weights.bin", which is not beside it or is cut')
  const cut = new Map([['weights.bin', weights.subarray(0, 20)]])
  expect(() => adoptModel(file, { ...regression, files: cut })).toThrow('is cut')
})
