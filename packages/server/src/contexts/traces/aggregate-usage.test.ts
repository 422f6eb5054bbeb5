import { expect, test } from 'vitest'
import { aggregateUsage } from './aggregate-usage.js'

const node = (span_id: string, parent_span_id: string | null, n?: number) => ({
  span_id,
  parent_span_id,
  counts: n === undefined ? null : { n },
})

test('counts of leaves are added', () => {
  expect(aggregateUsage([node('a', null), node('b', 'a', 1), node('c', 'a', 2)], ['n', 'm'])).toEqual({ n: 3, m: 0 })
})

test('what is below a span that told the sum is not added again, at any depth and in any order', () => {
  const nodes = [
    node('e', 'd', 8),
    node('d', 'c'),
    node('c', 'b'),
    node('b', 'a', 5),
    node('a', null),
    node('x', 'a', 1),
  ]
  expect(aggregateUsage(nodes, ['n'])).toEqual({ n: 6 })
  expect(aggregateUsage(nodes.toReversed(), ['n'])).toEqual({ n: 6 })
})

test('a span whose parent is not there counts; a circle has no top and ends', () => {
  expect(aggregateUsage([node('a', 'gone', 2)], ['n'])).toEqual({ n: 2 })
  expect(aggregateUsage([node('a', 'b', 2), node('b', 'a')], ['n'])).toBeUndefined()
})

test('no counts at all is not zero', () => {
  expect(aggregateUsage([node('a', null)], ['n'])).toBeUndefined()
})

test('a chain of 100,000 spans is walked once', () => {
  const nodes = Array.from({ length: 100_000 }, (_, index) => node(`${index}`, index === 0 ? null : `${index - 1}`))
  const told = nodes.map((one, index) => (index % 2 === 1 && index > 90_000 ? { ...one, counts: { n: 1 } } : one))
  expect(aggregateUsage(told, ['n'])).toEqual({ n: 1 })
})
