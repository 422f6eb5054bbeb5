import type { ImageSpec } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import type { TensorSpec } from '../runtime/tensor.js'
import { drawnSize, imageLayout } from './image-layout.js'

const input = (shape: readonly number[], datatype: TensorSpec['datatype'] = 'FP32'): TensorSpec => ({
  name: 'x',
  datatype,
  shape,
})
const layout = (spec: TensorSpec, declared: ImageSpec = {}) => imageLayout(spec, declared, ({ en }) => new Error(en))

describe('the pixels of an image stand', () => {
  test.each([
    ['channels first', [-1, 3, 4, 5], {}, [3, true, 4, 5, undefined]],
    ['channels last', [-1, 4, 5, 3], {}, [3, false, 4, 5, undefined]],
    ['one of them grey', [-1, 4, 5, 1], {}, [1, false, 4, 5, undefined]],
    ['without a batch', [1, 4, 5], {}, [1, true, 4, 5, 1]],
    ['one at a time', [1, 3, 4, 5], {}, [3, true, 4, 5, 1]],
    ['free but for the channels', [-1, 3, -1, -1], {}, [3, true, undefined, undefined, undefined]],
    ['free in all', [-1, -1, -1, -1], { width: 5, height: 4 }, [3, true, 4, 5, undefined]],
    ['free in all and grey', [-1, -1, -1, -1], { channels: 'grey' }, [1, true, undefined, undefined, undefined]],
    [
      'free in all and last',
      [-1, -1, -1, -1],
      { layout: 'channels_last' },
      [3, false, undefined, undefined, undefined],
    ],
    ['as wide as channels', [-1, 3, 3, 3], { layout: 'channels_last' }, [3, false, 3, 3, undefined]],
  ] as const)('%s', (_, shape, declared, expected) => {
    const { channels, channelsFirst, height, width, batchMax } = layout(input(shape), declared)
    expect([channels, channelsFirst, height, width, batchMax]).toEqual(expected)
  })
})

test.each([
  ['a matrix', input([-1, 4]), {}, 'its shape [-1, 4] is none of an image'],
  ['channels that are no colours', input([-1, 2, 4, 5]), {}, 'is none of an image'],
  ['colours for a grey input', input([-1, 1, 4, 5]), { channels: 'rgb' }, 'is none of an image in colours'],
  ['another size', input([-1, 3, 4, 5]), { width: 6 }, 'declared with 6 pixels where the input has 5'],
  ['a crop of nothing', input([-1, 3, -1, -1]), { fit: 'crop' }, 'without a width and a height'],
  [
    'an edge that is too short',
    input([-1, 3, 4, 5]),
    { fit: 'crop', shortest_edge: 4 },
    'is less than what is cropped',
  ],
  ['two means of three channels', input([-1, 3, 4, 5]), { mean: [0, 1] }, 'need one number or 3'],
  ['a std of nothing', input([-1, 3, 4, 5]), { std: [1, 0, 1] }, 'no std is 0'],
  ['normalised bytes', input([-1, 3, 4, 5], 'UINT8'), { mean: [0.5] }, 'UINT8 holds no values that are scaled'],
  ['texts', input([-1, 3, 4, 5], 'BYTES'), {}, 'an image is no BYTES'],
] as const)('%s is refused', (_, spec, declared, reason) => {
  expect(() => layout(spec, declared as ImageSpec)).toThrow(reason)
})

describe('values', () => {
  const at = (declared: ImageSpec, datatype: TensorSpec['datatype'] = 'FP32') =>
    layout(input([-1, 3, 4, 5], datatype), declared).tables.map((table) => [table[0], table[51], table[255]])

  test('are bytes as they are, and floats from 0 to 1', () => {
    expect(at({}, 'UINT8')).toEqual(Array(3).fill([0, 51, 255]))
    expect(at({})).toEqual(Array(3).fill([0, 0.2, 1]))
  })

  test('are scaled, and normalised by channel or all alike', () => {
    expect(at({ scale: 1 })).toEqual(Array(3).fill([0, 51, 255]))
    expect(at({ mean: [0.5], std: [0.5] })).toEqual(Array(3).fill([-1, (0.2 - 0.5) / 0.5, 1]))
    const [, green] = at({ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] })
    expect(green).toEqual([-0.456 / 0.224, (0.2 - 0.456) / 0.224, (1 - 0.456) / 0.224])
  })
})

test.each([
  ['drawn to the size of the input', {}, { width: 500, height: 375 }, { width: 224, height: 224 }],
  ['just covering it', { fit: 'crop' }, { width: 500, height: 375 }, { width: 298, height: 224 }],
  [
    'drawn by its shorter side',
    { fit: 'crop', shortest_edge: 256 },
    { width: 500, height: 375 },
    { width: 341, height: 256 },
  ],
  [
    'drawn by its shorter side upright',
    { fit: 'crop', shortest_edge: 256 },
    { width: 375, height: 500 },
    { width: 256, height: 341 },
  ],
  ['drawn larger', { fit: 'crop', shortest_edge: 256 }, { width: 3, height: 1 }, { width: 768, height: 256 }],
] as const)('an image is %s', (_, declared, own, expected) => {
  expect(drawnSize(own, layout(input([-1, 3, 224, 224]), declared))).toEqual(expected)
})
