import { expect, test } from 'vitest'
import { metricColumns, storedValue } from './metric-columns.js'

const point = (key: string, step: number, value: number, timestamp = 0) => ({ key, step, value, timestamp })

const names = [
  'runs',
  'seriesRun',
  'seriesKey',
  'firstStep',
  'firstMs',
  'lastStep',
  'lastMs',
  'lastValue',
  'lastNan',
  'counts',
  'nanCounts',
  'min',
  'max',
  'sum',
  'mayChunk',
  'strides',
  'starts',
  'places',
  'steps',
  'times',
  'values',
]

/** The elements of an array in binary form; null where there is one. */
function elements(sent: Buffer): readonly (number | bigint | boolean | null)[] {
  const [type, length] = [sent.readInt32BE(8), sent.readInt32BE(12)]
  expect([sent.readInt32BE(0), sent.readInt32BE(16)]).toEqual([1, 1])
  let at = 20
  const found = Array.from({ length }, () => {
    const size = sent.readInt32BE(at)
    at += 4 + Math.max(0, size)
    if (size === -1) return null
    if (type === 16) return sent.readInt8(at - size) === 1
    if (type === 23) return sent.readInt32BE(at - size)
    return type === 20 ? sent.readBigInt64BE(at - size) : sent.readDoubleBE(at - size)
  })
  expect(at).toBe(sent.length)
  expect(sent.readInt32BE(4)).toBe(found.includes(null) ? 1 : 0)
  return found
}

/** The arguments by the names that `write_metrics` gives them. */
function named(writes: Parameters<typeof metricColumns>[0]) {
  const { values } = metricColumns(writes)
  expect(values).toHaveLength(names.length)
  return Object.fromEntries(
    names.map((name, index) => {
      const value = values[index] ?? ''
      return [name, typeof value === 'string' ? value : elements(value)]
    }),
  )
}

test('series of all runs come in one order, whatever the order of the requests', () => {
  const first = { run_id: 'b', metrics: [point('y', 1, 1), point('x', 1, 2)] }
  const second = { run_id: 'a', metrics: [point('z', 1, 3)] }
  const third = { run_id: 'b', metrics: [point('x', 0, 4)] }
  const columns = named([first, second, third])
  expect(columns).toMatchObject({
    runs: '{"a","b"}',
    seriesRun: [1, 2, 2],
    seriesKey: '{"z","x","y"}',
    starts: [1, 2, 4],
    places: [1, 2, 2, 3],
    steps: [1n, 0n, 1n, 1n],
    values: [3, 4, 2, 1],
  })
  expect(named([third, second, first])).toEqual(columns)
})

test('equal points count once, and NaN only as NaN', () => {
  const metrics = [
    point('m', 2, Number.NaN),
    point('m', 1, 5),
    point('m', 2, Number.NaN),
    point('m', 2, 0),
    point('m', 1, 5),
  ]
  expect(named([{ run_id: 'r', metrics }])).toMatchObject({
    counts: [3n],
    nanCounts: [1n],
    min: [0],
    max: [5],
    sum: [5],
    firstStep: [1n],
    lastStep: [2n],
    // Of a NaN and a 0 at one moment the 0 is the newest.
    lastNan: [false],
    values: [5, Number.NaN, 0],
  })
  expect(named([{ run_id: 'r', metrics: [point('m', 1, Number.NaN)] }])).toMatchObject({
    min: [null],
    max: [null],
    sum: [0],
    lastValue: [0],
    lastNan: [true],
  })
})

test('values that doubles and int8 hold stay what they are', () => {
  const metrics = [
    point('m', -(2 ** 63), Number.POSITIVE_INFINITY, 2 ** 63 - 1024),
    point('m', 0, Number.MAX_VALUE),
    point('m', 1, 5e-324),
  ]
  expect(named([{ run_id: 'r', metrics }])).toMatchObject({
    steps: [-(2n ** 63n), 0n, 1n],
    times: [2n ** 63n - 1024n, 0n, 0n],
    values: [Number.MAX_VALUE, Number.MAX_VALUE, 5e-324],
    sum: [Number.MAX_VALUE],
  })
  expect(storedValue(Number.NEGATIVE_INFINITY)).toBe(-Number.MAX_VALUE)
})

test('minus zero is zero', () => {
  const { values, min, lastValue } = named([{ run_id: 'r', metrics: [point('m', 1, -0)] }])
  expect([values, min, lastValue]).toEqual([[0], [0], [0]])
})

test('many points whose step and time never fall may be a chunk', () => {
  const many = (change: (index: number) => object, count = 40) => {
    const metrics = Array.from({ length: count }, (_, index) => ({ ...point('m', index, 1, index), ...change(index) }))
    return named([{ run_id: 'r', metrics }]).mayChunk
  }
  expect(many(() => ({}))).toEqual([true])
  expect(many(() => ({ timestamp: 5 }))).toEqual([true])
  expect(many(() => ({ step: 5 }))).toEqual([true])
  // Sent in another order, they are the same points.
  expect(many((index) => ({ step: 40 - index, timestamp: 40 - index }))).toEqual([true])
  expect(many(() => ({}), 32)).toEqual([true])
  expect(many(() => ({}), 31)).toEqual([false])
  expect(many((index) => ({ timestamp: 40 - index }))).toEqual([false])
  expect(many((index) => ({ step: 5, timestamp: 5, value: index }))).toEqual([false])
  expect(many((index) => ({ step: index >> 1, timestamp: index >> 1, value: index }))).toEqual([false])
})

test('steps at one distance are told by it', () => {
  const stride = (stepOf: (index: number) => number) => {
    const metrics = Array.from({ length: 40 }, (_, index) => point('m', stepOf(index), 1, index))
    return named([{ run_id: 'r', metrics }]).strides
  }
  expect(stride((index) => index * 7 - 100)).toEqual([7n])
  expect(stride(() => 3)).toEqual([0n])
  expect(stride((index) => (index === 20 ? 19 : index))).toEqual([0n])
  expect(stride((index) => (index === 39 ? 40 : index))).toEqual([0n])
  expect(stride((index) => 2 ** 54 + index * 4)).toEqual([0n])
})

test('keys with the signs of array literals are quoted', () => {
  expect(named([{ run_id: 'a"b', metrics: [point('x\\y', 0, 1)] }])).toMatchObject({
    runs: '{"a\\"b"}',
    seriesKey: '{"x\\\\y"}',
  })
})
