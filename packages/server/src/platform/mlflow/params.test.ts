import { describe, expect, test } from 'vitest'
import { MlflowParams } from './params.js'
import { toMlflowFailure } from './replies.js'

/** The message that a client gets. */
function messageOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return toMlflowFailure(error as Parameters<typeof toMlflowFailure>[0]).body.message
  }
  throw new Error('Nothing was thrown')
}

describe('texts', () => {
  const params = new MlflowParams({ a: 'x', empty: '', many: ['p', 'q'], none: null, number: 5, nul: 'a\0' })

  test('are read as they are', () => {
    expect(params.text('a')).toBe('x')
    expect(params.text('many')).toBe('p')
    expect(params.texts('many')).toEqual(['p', 'q'])
    expect(params.texts('a')).toEqual(['x'])
    expect(params.texts('none')).toEqual([])
    expect(params.text('toString')).toBeUndefined()
  })

  test('that are missing or empty are told', () => {
    expect(messageOf(() => params.requiredText('none'))).toMatch(/^Missing value for required parameter 'none'\./)
    expect(messageOf(() => params.requiredText('empty'))).toMatch(/^Missing value/)
    expect(params.requiredText('none', 'a')).toBe('x')
  })

  test('of another type are told', () => {
    expect(messageOf(() => params.text('number'))).toMatch(/^Invalid value 5 for parameter 'number' supplied/)
    expect(messageOf(() => params.text('nul'))).toMatch(/NUL/)
    expect(new MlflowParams({ a: 'x\ud800y\udc00' }).text('a')).toBe('x\ufffdy\ufffd')
    expect(new MlflowParams({ a: 'x😀y' }).text('a')).toBe('x😀y')
  })
})

test.each([
  [7, 7],
  ['7', 7],
  ['-7', -7],
  [-3.0, -3],
  ['9223372036854775807', 2 ** 63 - 1024],
  ['1700000000000000000', 1.7e18],
])('integer %s', (raw, value) => {
  expect(new MlflowParams({ n: raw }).integer('n')).toBe(value)
})

test.each([1.5, '1.5', 'x', '', true, {}, [1], '9223372036854775809000', 1e30])('%s is no integer', (raw) => {
  expect(messageOf(() => new MlflowParams({ n: raw }).integer('n'))).toMatch(/for parameter 'n' supplied/)
})

test.each([
  [1.5, 1.5],
  ['1.5e3', 1500],
  ['.5', 0.5],
  ['NaN', Number.NaN],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['inf', Number.POSITIVE_INFINITY],
])('double %s', (raw, value) => {
  expect(new MlflowParams({ n: raw }).double('n')).toBe(value)
})

test.each(['x', '', '1x', true, {}, '0x10'])('%s is no double', (raw) => {
  expect(messageOf(() => new MlflowParams({ n: raw }).double('n'))).toMatch(/^Invalid value /)
})

test('names of an enum may be numbers', () => {
  const names = ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const
  for (const raw of ['ALL', 3, '3']) expect(new MlflowParams({ v: raw }).choice('v', names)).toBe('ALL')
  expect(messageOf(() => new MlflowParams({ v: 'SOME' }).choice('v', names))).toMatch(/"SOME"/)
  expect(messageOf(() => new MlflowParams({ v: 0 }).choice('v', names))).toMatch(/Invalid value 0/)
})

test('a wrong value deep in a list is named by its path', () => {
  const params = new MlflowParams({ metrics: [{ key: 'a', timestamp: 'x' }, 5] })
  const message = messageOf(() => params.objects('metrics'))
  expect(message).toMatch(/Invalid value 5 for parameter 'metrics\[1\]' supplied/)
  const [first] = new MlflowParams({ metrics: [{ timestamp: 'x' }] }).objects('metrics')
  expect(messageOf(() => first?.integer('timestamp'))).toMatch(/"x" for parameter 'metrics\[0\]\.timestamp'/)
  expect(messageOf(() => first?.requiredText('key'))).toMatch(/'metrics\[0\]\.key'/)
})

test('a long value is shown in part', () => {
  expect(messageOf(() => new MlflowParams({ n: 'x'.repeat(5000) }).integer('n')).length).toBeLessThan(700)
})

test('values too deep to be shown are refused like others', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  const params = new MlflowParams({ a: deep, b: [deep] })
  expect(messageOf(() => params.text('b'))).toMatch(/^Invalid value .* for parameter 'b' supplied/)
  expect(messageOf(() => params.objects('a'))).toMatch(/^Invalid value .* for parameter 'a\[0\]' supplied/)
})
