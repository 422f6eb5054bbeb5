import { expect, test } from 'vitest'
import { limit } from '../../../kernel/index.js'
import { checkNamedSizes, checkTensors } from './check-tensors.js'
import type { Tensor, TensorSpec } from './tensor.js'

const specs: readonly TensorSpec[] = [
  { name: 'image', datatype: 'FP32', shape: [-1, 2, 2] },
  { name: 'text', datatype: 'BYTES', shape: [-1] },
]
const image: Tensor = { name: 'image', datatype: 'FP32', shape: [1, 2, 2], data: new Float32Array(4) }
const text: Tensor = { name: 'text', datatype: 'BYTES', shape: [1], data: ['a'] }

test('inputs come in the order of the model, whatever the order of the request', () => {
  expect(checkTensors(specs, [text, image])).toEqual([image, text])
})

const max = limit('serving.tensor_elements_max')

test.each<[what: string, inputs: readonly Tensor[], input: string, reason: string]>([
  ['a missing input', [image], 'text', 'it is missing; it is BYTES [-1]'],
  [
    'an extra input',
    [image, text, { ...text, name: 'other' }],
    'other',
    'the model has no such input; it takes image, text',
  ],
  ['an input given twice', [image, text, text], 'text', 'it is given twice'],
  [
    'another type',
    [{ ...image, datatype: 'FP64', data: new Float64Array(4) }, text],
    'image',
    'it must be FP32, not FP64',
  ],
  [
    'values kept as another type',
    [{ ...image, data: new Float64Array(4) }, text],
    'image',
    'it must be FP32, not FP32',
  ],
  ['another rank', [{ ...image, shape: [1, 4] }, text], 'image', 'its shape must be [-1, 2, 2], not [1, 4]'],
  [
    'another size',
    [{ ...image, shape: [1, 2, 3], data: new Float32Array(6) }, text],
    'image',
    'its shape must be [-1, 2, 2], not [1, 2, 3]',
  ],
  [
    'too few values',
    [{ ...image, data: new Float32Array(3) }, text],
    'image',
    'its shape [1, 2, 2] has 4 values, and 3 are given',
  ],
  [
    'a negative dimension',
    [{ ...image, shape: [-1, 2, 2] }, text],
    'image',
    'its shape [-1, 2, 2] holds -1; each dimension is a whole number from 1',
  ],
  [
    'no row',
    [{ ...image, shape: [0, 2, 2], data: new Float32Array(0) }, text],
    'image',
    'its shape [0, 2, 2] holds 0; each dimension is a whole number from 1',
  ],
  [
    'a fraction',
    [{ ...image, shape: [1.5, 2, 2] }, text],
    'image',
    'its shape [1.5, 2, 2] holds 1.5; each dimension is a whole number from 1',
  ],
  [
    'a product that overflows',
    [{ ...image, shape: [2 ** 53, 2, 2] }, text],
    'image',
    `its shape [${2 ** 53}, 2, 2] has more values than the limit of ${max}`,
  ],
  [
    'a text with U+0000',
    [image, { ...text, data: ['a\0b'] }],
    'text',
    'one of its texts holds the character U+0000, which the runtime cannot take',
  ],
])('%s is refused with its name', (_what, inputs, input, reason) => {
  expect(() => checkTensors(specs, inputs)).toThrowError(
    expect.objectContaining({ code: 'tensor_wrong', field: input, params: expect.objectContaining({ input, reason }) }),
  )
})

test('an input whose file says no shape takes any', () => {
  const free: TensorSpec = { name: 'image', datatype: 'FP32', shape: [] }
  expect(checkTensors([free], [image])).toEqual([image])
})

test('dimensions of one name must have one size', () => {
  const names = [['N', 'W', ''], ['N']]
  expect(() => checkNamedSizes(names, [image, text])).not.toThrow()
  expect(() => checkNamedSizes(names, [image, { ...text, shape: [2] }])).toThrowError(
    expect.objectContaining({
      code: 'tensor_wrong',
      params: expect.objectContaining({ input: 'text', reason: 'its dimension N is 2, and that of image is 1' }),
    }),
  )
})
