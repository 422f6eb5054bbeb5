import { describe, expect, test } from 'vitest'
import { parseTensorJson } from './tensor-json.js'
import { halfBits, halfValue, jsonValues, tensorFromJson } from './tensor-values.js'

describe('numbers of 16 bits', () => {
  test('all come back as they were', () => {
    for (let bits = 0; bits < 65536; bits += 1) {
      const value = halfValue(bits)
      if (Number.isNaN(value)) expect(halfBits(value) & 0x7fff).toBe(0x7e00)
      else expect([bits, halfBits(value)]).toEqual([bits, bits])
    }
  })

  test('are the nearest, ties to even, beyond the greatest infinite', () => {
    // Between 1 and the next number, 1 + 2^-10; between that and the one after it.
    expect([1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -11 + 2 ** -30].map(halfBits)).toEqual([0x3c00, 0x3c02, 0x3c01])
    expect([2 ** -25, 2 ** -25 + 2 ** -40, -(2 ** -24)].map(halfBits)).toEqual([0, 1, 0x8001])
    expect([65519, 65520, -70000].map(halfBits)).toEqual([0x7bff, 0x7c00, 0xfc00])
    // The greatest number below 2: it rounds to 2 itself.
    expect(halfValue(halfBits(2 - 2 ** -30))).toBe(2)
  })
})

test('a text that begins as kept digits do and is none is refused as any text is', () => {
  const { x } = parseTensorJson(Buffer.from('{"x": ["\\u0000abc"]}'))
  for (const datatype of ['INT64', 'FP32'] as const) {
    expect(() => tensorFromJson({ name: 'x', datatype, shape: [1] }, x)).toThrow(
      expect.objectContaining({ code: 'tensor_wrong' }),
    )
  }
})

test('what JSON gives is read and written alike', () => {
  const spec = { name: 'x', shape: [2, 2] }
  const cases = [
    ['FP32', [1.5, -0.25, 1e-3, 0], ['1.5', '-0.25', String(Math.fround(1e-3)), '0']],
    ['INT64', [1, -2, 3, 4], ['1', '-2', '3', '4']],
    ['BOOL', [true, false, 1, 0], ['true', 'false', 'true', 'false']],
    ['BYTES', ['a', 'é', '"', ''], ['"a"', '"é"', '"\\""', '""']],
    ['FP64', [1, 'NaN', 'Infinity', 2], ['1', '"NaN"', '"Infinity"', '2']],
  ] as const
  for (const [datatype, data, texts] of cases) {
    expect(jsonValues(tensorFromJson({ ...spec, datatype }, data))).toEqual(texts)
    const nested = [data.slice(0, 2), data.slice(2)]
    expect(jsonValues(tensorFromJson({ ...spec, datatype }, nested))).toEqual(texts)
  }
})
