import { expect, test } from 'vitest'
import { typesBeyond, widerType } from './column-types.js'
import { commonTypes, hasTypes, schemaChanges } from './ingest-schema.js'

test('widerType holds the values of both, in either order', () => {
  const cases = [
    ['integer', 'number', 'number'],
    ['date', 'timestamp', 'timestamp'],
    ['integer', 'date', 'text'],
    ['boolean', 'integer', 'text'],
    ['integer', undefined, 'integer'],
    [undefined, undefined, undefined],
  ] as const
  for (const [left, right, wide] of cases) {
    expect(widerType(left, right)).toBe(wide)
    expect(widerType(right, left)).toBe(wide)
  }
})

test('typesBeyond never narrows', () => {
  expect(typesBeyond('integer')).toEqual(['number', 'text'])
  expect(typesBeyond('date')).toEqual(['timestamp', 'text'])
  expect(typesBeyond('text')).toEqual(['text'])
})

test('parts agree on types; a column without values fits any that is text so far', () => {
  const integer = [{ name: 'a', type: 'integer', declared: false, natural: 'integer' }] as const
  const number = [{ name: 'a', type: 'number', declared: false, natural: 'number' }] as const
  const none = [{ name: 'a', type: undefined, declared: false }] as const
  expect([...commonTypes([integer, number, none])]).toEqual([['a', 'number']])
  expect(hasTypes(number, commonTypes([integer, number]))).toBe(true)
  expect(hasTypes(integer, commonTypes([integer, number]))).toBe(false)
  expect(hasTypes(none, commonTypes([none]))).toBe(true)
  expect(hasTypes(none, commonTypes([none, integer]))).toBe(false)
})

test('schemaChanges tells what came, went and changed', () => {
  const column = (name: string, type: 'integer' | 'text', nullable = true) => ({ name, type, nullable, declared: true })
  expect(
    schemaChanges(
      [column('a', 'integer'), column('b', 'text'), column('c', 'text')],
      [column('a', 'text'), column('c', 'text', false), column('d', 'integer')],
    ),
  ).toEqual([
    { column: 'a', change: 'type', from: 'integer', to: 'text' },
    { column: 'c', change: 'nullable', from: 'nullable', to: 'required' },
    { column: 'd', change: 'added', to: 'integer' },
    { column: 'b', change: 'removed', from: 'text' },
  ])
})
