import { expect, test } from 'vitest'
import { metricColumns, storedValue } from './metric-columns.js'

const point = (key: string, step: number, value: number, timestamp = 0) => ({ key, step, value, timestamp })

/** The literals by the names that `write_metrics` gives them. */
function named(writes: Parameters<typeof metricColumns>[0]) {
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
    'places',
    'steps',
    'times',
    'values',
    'nans',
  ]
  const { values } = metricColumns(writes)
  expect(values).toHaveLength(names.length)
  return Object.fromEntries(names.map((name, index) => [name, values[index]]))
}

test('series of all runs come in one order, whatever the order of the requests', () => {
  const first = { run_id: 'b', metrics: [point('y', 1, 1), point('x', 1, 2)] }
  const second = { run_id: 'a', metrics: [point('z', 1, 3)] }
  const third = { run_id: 'b', metrics: [point('x', 0, 4)] }
  const columns = named([first, second, third])
  expect(columns).toMatchObject({
    runs: '{"a","b"}',
    seriesRun: '{1,2,2}',
    seriesKey: '{"z","x","y"}',
    places: '{1,2,2,3}',
    steps: '{1,0,1,1}',
    values: '{3,4,2,1}',
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
    counts: '{3}',
    nanCounts: '{1}',
    min: '{0}',
    max: '{5}',
    sum: '{5}',
    firstStep: '{1}',
    lastStep: '{2}',
    // Of a NaN and a 0 at one moment the 0 is the newest.
    lastNan: '{false}',
    nans: '{false,true,false}',
  })
  expect(named([{ run_id: 'r', metrics: [point('m', 1, Number.NaN)] }])).toMatchObject({
    min: '{null}',
    max: '{null}',
    sum: '{0}',
  })
})

test('values that doubles and int8 hold stay what they are', () => {
  const metrics = [
    point('m', -(2 ** 63), Number.POSITIVE_INFINITY, 2 ** 63 - 1024),
    point('m', 0, Number.MAX_VALUE),
    point('m', 1, 5e-324),
  ]
  expect(named([{ run_id: 'r', metrics }])).toMatchObject({
    steps: '{-9223372036854775808,0,1}',
    times: '{9223372036854774784,0,0}',
    values: '{1.7976931348623157e+308,1.7976931348623157e+308,5e-324}',
    sum: '{1.7976931348623157e+308}',
  })
  expect(storedValue(Number.NEGATIVE_INFINITY)).toBe(-Number.MAX_VALUE)
})

test('keys with the signs of array literals are quoted', () => {
  expect(named([{ run_id: 'a"b', metrics: [point('x\\y', 0, 1)] }])).toMatchObject({
    runs: '{"a\\"b"}',
    seriesKey: '{"x\\\\y"}',
  })
})
