import { expect, it } from 'vitest'
import { orderKeys } from './order-keys.js'

it('ignores the order of keys, not of items', () => {
  expect(orderKeys({ b: [1, { d: 1, c: 2 }], a: 1 })).toBe(orderKeys({ a: 1, b: [1, { c: 2, d: 1 }] }))
  expect(orderKeys([1, 2])).not.toBe(orderKeys([2, 1]))
})
