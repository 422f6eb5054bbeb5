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

describe('values of every type', () => {
  const mixed: ModelSignature = {
    task: 'regression',
    features: [
      { name: 'size', type: 'number', nullable: true },
      { name: 'member', type: 'boolean', nullable: true },
      { name: 'kind', type: 'category', values: ['a', 'b'], nullable: true, takes_unseen: true },
      { name: 'note', type: 'text' },
      { name: 'since', type: 'timestamp', nullable: true },
      { name: 'until', type: 'timestamp' },
    ],
    target: { name: 'y', classes: [] },
    example: { size: 1, member: true, kind: 'a', note: 'n', since: null, until: '2024-01-01' },
  }
  const parseMixed = (body: unknown) => parseFeatures(body, { model: 'm', signature: mixed })
  const until = '2024-01-01T00:00:00Z'
  const untilMs = BigInt(Date.UTC(2024, 0, 1))

  test('are columns as a file takes them', () => {
    const { columns } = parseMixed({ features: [2.5, true, 'b', 'fine', 86_400_000, until] })
    expect(columns).toEqual([
      new Float32Array([2.5]),
      new Float32Array([1]),
      ['b'],
      ['fine'],
      new BigInt64Array([86_400_000n]),
      new BigInt64Array([untilMs]),
    ])
  })

  test.each([
    ['null', { size: null, member: null, kind: null, note: 'n', since: null, until }],
    ['left out by name', { note: 'n', until }],
    ['in order', { features: [null, null, null, 'n', null, until] }],
    ['an empty text', { kind: '', note: 'n', until }],
  ])('are missing where the signature says nullable: %s', (_name, body) => {
    const { columns } = parseMixed(body)
    expect(columns).toEqual([
      new Float32Array([Number.NaN]),
      new Float32Array([Number.NaN]),
      [''],
      ['n'],
      new BigInt64Array([-(2n ** 63n)]),
      new BigInt64Array([untilMs]),
    ])
  })

  test('a category that training did not see is taken where the model takes it', () => {
    expect(parseMixed({ kind: 'c', note: 'n', until }).columns[2]).toEqual(['c'])
  })

  test.each<[name: string, body: object, params: object]>([
    ['null of a text that is due', { note: null, until }, { feature: 'note', expected: 'a text', value: 'null' }],
    ['an empty text that is due', { note: '', until }, { feature: 'note', value: '""' }],
    ['null of a moment that is due', { note: 'n', until: null }, { feature: 'until' }],
    ['a text that is no moment', { note: 'n', until: 'soon' }, { feature: 'until', value: '"soon"' }],
    ['2 for a truth value', { member: 2, note: 'n', until }, { expected: 'true or false, or null' }],
    ['a text for a truth value', { member: 'yes', note: 'n', until }, { feature: 'member' }],
    ['a truth value for a nullable number', { size: true, note: 'n', until }, { expected: 'a finite number, or null' }],
    ['a number for a text', { note: 3, until }, { feature: 'note' }],
  ])('refuses %s', (_name, body, params) => {
    expect(() => parseMixed(body)).toThrow(
      expect.objectContaining({ code: 'feature_value_wrong', params: expect.objectContaining(params) }),
    )
  })

  test('a feature that is due cannot be left out', () => {
    expect(() => parseMixed({ note: 'n' })).toThrow(
      expect.objectContaining({
        code: 'feature_names_wrong',
        params: expect.objectContaining({ reason: 'missing until' }),
      }),
    )
  })

  test('the French text says what is due in French', () => {
    try {
      parseMixed({ note: 'n', until: 'soon' })
      expect.unreachable()
    } catch (error) {
      expect(String((error as { params: { expected_fr: string } }).params.expected_fr)).toMatch(/^un instant/)
    }
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
