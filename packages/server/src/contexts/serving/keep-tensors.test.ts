import { createHash } from 'node:crypto'
import type { ModelSignature } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { limit } from '../../kernel/index.js'
import { holdTensors } from './keep-tensors.js'
import { rowPredictor } from './predict-rows.js'
import type { ModelRuntime } from './runtime/model-runtime.js'
import type { Tensor } from './runtime/tensor.js'

const floats = (name: string, shape: readonly number[], values: readonly number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
})

const signature: ModelSignature = {
  task: 'classification',
  features: [
    { name: 'length', type: 'number' },
    { name: 'width', type: 'number' },
  ],
  target: { name: 'kind', classes: ['a', 'b'] },
  example: {},
}

const runtime: ModelRuntime = {
  platform: 'onnxruntime_onnx',
  inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [
    { name: 'label', datatype: 'BYTES', shape: [-1] },
    { name: 'probability_a', datatype: 'FP32', shape: [-1] },
    { name: 'probability_b', datatype: 'FP32', shape: [-1] },
  ],
  memoryBytes: 0,
  infer: async () => [],
  release: async () => undefined,
}

const none = new Set<string>()
const plain = { signature: undefined, predictor: undefined }

describe('what is kept of tensors', () => {
  test('has the features of a matrix by name, and the answer as /predict gives it', () => {
    const held = holdTensors({
      inputs: [floats('input', [2, 2], [1, 2, 5.9, 1e-7])],
      outputs: [
        floats('probability_b', [2], [0.25, 1]),
        { name: 'label', datatype: 'BYTES', shape: [2], data: ['a', 'b'] },
        floats('probability_a', [2], [0.75, 0]),
      ],
      signature,
      predictor: rowPredictor(runtime, signature),
    })
    expect(held.rowCount).toBe(2)
    expect(held.read(none)).toEqual([
      { inputs: { length: 1, width: 2 }, output: { prediction: 'a', probabilities: { a: 0.75, b: 0.25 } } },
      { inputs: { length: 5.9, width: 1e-7 }, output: { prediction: 'b', probabilities: { a: 0, b: 1 } } },
    ])
  })

  test('has outputs by name where not all were asked for, or there is no signature', () => {
    const inputs = [floats('input', [1, 2], [1, 2])]
    const label: Tensor = { name: 'label', datatype: 'BYTES', shape: [1], data: ['a'] }
    const predictor = rowPredictor(runtime, signature)
    const partial = holdTensors({ inputs, outputs: [label], signature, predictor })
    expect(partial.read(none)).toEqual([{ inputs: { length: 1, width: 2 }, output: { prediction: 'a' } }])
    const share = holdTensors({ inputs, outputs: [floats('probability_a', [1], [0.5])], signature, predictor })
    expect(share.read(none)).toEqual([{ inputs: { length: 1, width: 2 }, output: { outputs: { probability_a: 0.5 } } }])
    const flags: Tensor = { name: 'on', datatype: 'BOOL', shape: [1, 1], data: Uint8Array.of(1) }
    const wide = { name: 'ids', datatype: 'INT64', shape: [1, 2], data: BigInt64Array.of(1n, 2n) } as const
    expect(holdTensors({ inputs: [flags], outputs: [wide], ...plain }).read(none)).toEqual([
      { inputs: { on: true }, output: { outputs: { ids: [1, 2] } } },
    ])
  })

  test('is cut where a row is too wide, and says so', () => {
    const width = limit('predictions.values_of_row_max') + 1
    const values = Array.from({ length: 2 * width }, (_, index) => index)
    const held = holdTensors({
      inputs: [floats('image', [2, 1, width], values)],
      outputs: [floats('score', [2, 1], [1, 2])],
      ...plain,
    })
    expect(held.bytes).toBeLessThan(200)
    const [, second] = held.read(none)
    expect(second).toEqual({
      inputs: {
        image: { shape: [1, width], first: Array.from({ length: 16 }, (_, index) => width + index), cut: true },
      },
      output: { prediction: 2 },
    })
  })

  test('has of images a hash and never a value, whether they are small or large', () => {
    const ofImages: ModelSignature = {
      ...signature,
      features: [
        { name: 'photo', type: 'image' },
        { name: 'weight', type: 'number' },
      ],
    }
    const hashOf = (values: readonly number[]) => createHash('sha256').update(Float32Array.from(values)).digest('hex')
    const known = { signature: ofImages, predictor: undefined }
    const pixels = [1, 2, 3, 4, 5, 6]
    const held = holdTensors({
      inputs: [floats('photo', [2, 3, 1, 1], pixels), floats('weight', [2], [7, 8])],
      outputs: [floats('score', [2], [1, 2])],
      ...known,
    })
    expect(held.read(none).map(({ inputs }) => inputs)).toEqual([
      { photo: { shape: [3, 1, 1], sha256: hashOf([1, 2, 3]) }, weight: 7 },
      { photo: { shape: [3, 1, 1], sha256: hashOf([4, 5, 6]) }, weight: 8 },
    ])
    const large = Array.from({ length: limit('predictions.values_of_row_max') + 1 }, (_, at) => at)
    const wide = holdTensors({ inputs: [floats('photo', [1, large.length], large)], outputs: [], ...known })
    expect(wide.read(none)).toEqual([
      { inputs: { photo: { shape: [large.length], sha256: hashOf(large) } }, output: { outputs: {} } },
    ])
    expect(wide.bytes).toBeLessThan(200)
    // Without rows it is one.
    const alone = holdTensors({
      inputs: [floats('photo', [3, 2, 1], pixels)],
      outputs: [floats('y', [1], [1])],
      ...known,
    })
    expect(alone.read(none).map(({ inputs }) => inputs)).toEqual([
      { photo: { shape: [3, 2, 1], sha256: hashOf(pixels) } },
    ])
  })

  test('is the first rows of many, and does not hold the body that they came in', () => {
    const rows = limit('predictions.rows_of_request_max') + 5
    const body = new Float32Array(100_000)
    const input: Tensor = { name: 'x', datatype: 'FP32', shape: [rows], data: body.subarray(0, rows) }
    const held = holdTensors({ inputs: [input], outputs: [floats('y', [rows], Array(rows).fill(1))], ...plain })
    expect(held.rowCount).toBe(rows)
    expect(held.read(none)).toHaveLength(rows - 5)
    expect(held.bytes).toBe((rows - 5) * 8)
  })

  test('is one row where tensors have no rows in common, and none of no rows', () => {
    const odd = holdTensors({ inputs: [floats('a', [2], [1, 2]), floats('b', [], [3])], outputs: [], ...plain })
    expect(odd.read(none)).toEqual([{ inputs: { a: [1, 2], b: 3 }, output: { outputs: {} } }])
    expect(
      holdTensors({ inputs: [floats('a', [0], [])], outputs: [floats('b', [0], [])], ...plain }).read(none),
    ).toEqual([])
  })

  test('has no values of which some are hidden and it is not known which', () => {
    const hidden = new Set(['width'])
    const inputsOf = (exchange: Parameters<typeof holdTensors>[0]) =>
      holdTensors(exchange)
        .read(hidden)
        .map(({ inputs }) => inputs)
    const answer = floats('probability_a', [1], [0.5])
    const known = { signature, predictor: undefined }
    // The log leaves out `width`.
    const named = floats('length', [1, 2], [1, 2])
    expect(inputsOf({ inputs: [named], outputs: [answer], ...known })).toEqual([{ length: 1, width: 2 }])
    const single = [floats('length', [1, 1], [1]), floats('width', [1], [2])]
    expect(inputsOf({ inputs: single, outputs: [answer], ...known })).toEqual([{ length: 1, width: 2 }])
    const matrix = floats('input', [2, 2], [1, 2, 3, 4])
    expect(inputsOf({ inputs: [matrix], outputs: [answer], ...known })).toEqual([{ input: '[redacted]' }])
    const wrapped = floats('length', [2, 2], [1, 2, 3, 4])
    expect(inputsOf({ inputs: [wrapped], outputs: [answer], ...known })).toEqual([{ length: '[redacted]' }])
    const width = limit('predictions.values_of_row_max') + 1
    const features = Array.from({ length: width }, (_, at) => ({ name: at === 0 ? 'width' : `f${at}`, type: 'number' }))
    const wide = { ...signature, features } as ModelSignature
    const cut = floats('input', [1, width], Array(width).fill(7))
    expect(inputsOf({ inputs: [cut], outputs: [answer], signature: wide, predictor: undefined })).toEqual([
      { input: '[redacted]' },
    ])
    expect(inputsOf({ inputs: [matrix], outputs: [], ...plain })).toEqual([
      { input: '[redacted]' },
      { input: '[redacted]' },
    ])
  })

  test('has no number that JSON has not', () => {
    const held = holdTensors({
      inputs: [floats('a', [1], [Number.NaN])],
      outputs: [floats('b', [1], [Infinity])],
      ...plain,
    })
    expect(held.read(none)).toEqual([{ inputs: { a: null }, output: { prediction: null } }])
  })
})
