import { describe, expect, test } from 'vitest'
import { rawBytesOf, readRawTensor } from './raw-tensor.js'
import type { Tensor } from './tensor.js'

const tensors: readonly Tensor[] = [
  { name: 'x', datatype: 'BOOL', shape: [3], data: Uint8Array.of(0, 1, 1) },
  { name: 'x', datatype: 'UINT8', shape: [2], data: Uint8Array.of(0, 255) },
  { name: 'x', datatype: 'UINT16', shape: [2], data: Uint16Array.of(1, 65_535) },
  { name: 'x', datatype: 'UINT32', shape: [2], data: Uint32Array.of(1, 4_294_967_295) },
  { name: 'x', datatype: 'UINT64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
  { name: 'x', datatype: 'INT8', shape: [2], data: Int8Array.of(-128, 127) },
  { name: 'x', datatype: 'INT16', shape: [2], data: Int16Array.of(-32_768, 32_767) },
  { name: 'x', datatype: 'INT32', shape: [1, 2], data: Int32Array.of(-2_147_483_648, 2_147_483_647) },
  { name: 'x', datatype: 'INT64', shape: [1], data: BigInt64Array.of(-(2n ** 63n)) },
  { name: 'x', datatype: 'FP16', shape: [1], data: Uint16Array.of(0x3c00) },
  { name: 'x', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY) },
  { name: 'x', datatype: 'FP64', shape: [2], data: Float64Array.of(Number.MIN_VALUE, Number.MAX_VALUE) },
  { name: 'x', datatype: 'BYTES', shape: [4], data: ['', 'été', 'a\u0000b', '\ufeff'] },
  { name: 'x', datatype: 'FP32', shape: [0, 4], data: new Float32Array() },
]

describe('a block', () => {
  test.each(tensors)('of $datatype $shape is read as it was written, wherever it begins', (tensor) => {
    const block = rawBytesOf(tensor)
    const shifted = new Uint8Array(block.byteLength + 3)
    shifted.set(block, 3)
    expect(readRawTensor(block, tensor)).toEqual(tensor)
    expect(readRawTensor(shifted.subarray(3), tensor)).toEqual(tensor)
  })

  test('has the bytes of the protocol', () => {
    expect([...rawBytesOf({ name: 'x', datatype: 'INT32', shape: [1], data: Int32Array.of(258) })]).toEqual([
      2, 1, 0, 0,
    ])
    expect([...rawBytesOf({ name: 'x', datatype: 'BYTES', shape: [2], data: ['', 'ab'] })]).toEqual([
      0, 0, 0, 0, 2, 0, 0, 0, 97, 98,
    ])
  })

  test('that is aligned is not copied', () => {
    const block = Uint8Array.of(0, 0, 128, 63)
    const { data } = readRawTensor(block, { name: 'x', datatype: 'FP32', shape: [1] })
    expect(data).toEqual(Float32Array.of(1))
    expect((data as Float32Array).buffer).toBe(block.buffer)
  })

  test.each([
    ['too short', 'FP32', [2], [0, 0, 0, 0]],
    ['too long', 'INT64', [1], [0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['no truth value', 'BOOL', [1], [2]],
    ['text that is cut off', 'BYTES', [1], [5, 0, 0, 0, 97]],
    ['length of a text that is cut off', 'BYTES', [2], [0, 0, 0, 0, 1, 0]],
    ['text too many', 'BYTES', [1], [0, 0, 0, 0, 0, 0, 0, 0]],
    ['text that is no UTF-8', 'BYTES', [1], [1, 0, 0, 0, 0xff]],
    ['negative dimension', 'FP32', [-1], []],
    ['product beyond all numbers', 'FP32', [2 ** 40, 2 ** 40], []],
    ['negative dimensions whose product is right', 'UINT8', [-1, -1], [0]],
  ] as const)('is refused: %s', (_what, datatype, shape, bytes) => {
    expect(() => readRawTensor(Uint8Array.from(bytes), { name: 'x', datatype, shape })).toThrow(
      expect.objectContaining({ code: 'tensor_wrong', params: expect.objectContaining({ input: 'x' }) }),
    )
  })
})
