import type { ModelSignature } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { parseFeatures } from './parse-features.js'

const signature: ModelSignature = {
  task: 'classification',
  features: [
    { name: 'size', type: 'number' },
    { name: 'count', type: 'integer' },
    { name: 'kind', type: 'category', values: ['a', 'b'] },
  ],
  target: { name: 'label', classes: ['x', 'y'] },
  example: { size: 1.5, count: 2, kind: 'a' },
}
const parse = (body: unknown) => parseFeatures(body, { model: 'm', signature })

describe('parseFeatures takes', () => {
  const row = [new Float32Array([1.5]), new Float32Array([2]), ['a']]
  test.each([
    ['values in order', { features: [1.5, 2, 'a'] }, true],
    ['a list of rows', { features: [[1.5, 2, 'a']] }, false],
    ['named columns', { features: { kind: 'a', size: 1.5, count: 2 } }, true],
    ['a list of named rows', { features: [{ kind: 'a', size: 1.5, count: 2 }] }, false],
    ['named columns at the top level', { kind: 'a', size: 1.5, count: 2 }, true],
  ])('%s', (_name, body, single) => {
    expect(parse(body)).toEqual({ columns: row, rowCount: 1, single })
  })

  test('several rows in their order', () => {
    const { columns, rowCount } = parse({ features: [[1, 2, 'a'], { size: 3, count: 4, kind: 'b' }] })
    expect(rowCount).toBe(2)
    expect(columns).toEqual([new Float32Array([1, 3]), new Float32Array([2, 4]), ['a', 'b']])
  })
})

describe('parseFeatures refuses', () => {
  test.each<[name: string, body: unknown, code: string, params: object]>([
    ['no body', undefined, 'features_missing', {}],
    ['a list as the body', [1, 2], 'features_missing', {}],
    ['an empty object', {}, 'features_missing', {}],
    ['no rows', { features: [] }, 'features_missing', {}],
    ['features that are a text', { features: '1,2,a' }, 'features_missing', {}],
    ['too few values', { features: [1, 2] }, 'feature_count_wrong', { expected: 3, found: 2, row: 0 }],
    [
      'too many values in a later row',
      {
        features: [
          [1, 2, 'a'],
          [1, 2, 'a', 4],
        ],
      },
      'feature_count_wrong',
      { row: 1 },
    ],
    [
      'an unknown column',
      { size: 1, count: 2, kind: 'a', other: 1 },
      'feature_names_wrong',
      { reason: 'unknown other' },
    ],
    ['a missing column', { features: { size: 1, count: 2 } }, 'feature_names_wrong', { reason: 'missing kind' }],
    ['a number as text', { features: ['1', 2, 'a'] }, 'feature_value_wrong', { feature: 'size', value: '"1"' }],
    ['null', { features: [null, 2, 'a'] }, 'feature_value_wrong', { value: 'null' }],
    [
      'a number that JSON made infinite',
      { features: [Number.POSITIVE_INFINITY, 2, 'a'] },
      'feature_value_wrong',
      { feature: 'size' },
    ],
    ['a number beyond 32 bits', { features: [1e39, 2, 'a'] }, 'feature_value_wrong', { feature: 'size' }],
    [
      'a fraction where a whole number is due',
      { features: [1, 2.5, 'a'] },
      'feature_value_wrong',
      { feature: 'count' },
    ],
    ['a category that is not known', { features: [1, 2, 'c'] }, 'feature_value_wrong', { expected: 'one of a, b' }],
    ['true for a number', { features: [true, 2, 'a'] }, 'feature_value_wrong', { value: 'true' }],
    ['rows that are not rows', { features: [[1, 2, 'a'], 3] }, 'invalid_request', { field: 'features[1]' }],
  ])('%s', (_name, body, code, params) => {
    expect(() => parse(body)).toThrow(expect.objectContaining({ code, params: expect.objectContaining(params) }))
  })

  test('more rows than the limit', () => {
    expect(() => parse({ features: Array.from({ length: 10_001 }, () => [1, 2, 'a']) })).toThrow(
      expect.objectContaining({ code: 'too_many_rows' }),
    )
  })

  test('names that every object has', () => {
    expect(() => parse({ features: Object.create({ size: 1, count: 2, kind: 'a' }) })).toThrow(
      expect.objectContaining({ code: 'features_missing' }),
    )
  })
})
