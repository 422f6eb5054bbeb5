import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flowRef, momentOf, positiveOf, rateOf, valuesInFile, valuesOf } from './flow-values.js'

describe('valuesOf', () => {
  const schema = {
    type: 'object',
    properties: {
      text: { type: 'string' },
      count: { type: 'integer' },
      either: { type: ['string', 'null'] },
      size: { enum: ['1', '2'] },
    },
  }
  test.each([
    ['text=2026', { text: '2026' }],
    ['text=a=b', { text: 'a=b' }],
    ['text=', { text: '' }],
    ['count=3', { count: 3 }],
    ['count=many', { count: 'many' }],
    ['either=null', { either: null }],
    ['size=2', { size: '2' }],
    ['other=[1,"a"]', { other: [1, 'a'] }],
    ['other=some words', { other: 'some words' }],
    ['constructor=1', { constructor: 1 }],
  ])('%s', (pair, values) => {
    expect(valuesOf([pair], schema, '--param', 'en')).toEqual(values)
  })

  test.each(['', 'month', '=x'])('"%s" is refused', (pair) => {
    expect(() => valuesOf([pair], {}, '--param', 'en')).toThrow(expect.objectContaining({ field: '--param' }))
  })
})

test.each([
  ['2026-11', '2026-11-01T00:00:00.000Z'],
  ['2026-11-03', '2026-11-03T00:00:00.000Z'],
  ['2026-11-03T06:00', '2026-11-03T06:00:00.000Z'],
  ['2026-11-03T06:00:00+02:00', '2026-11-03T04:00:00.000Z'],
])('the moment %s is %s wherever the terminal is', (text, moment) => {
  expect(momentOf(text, '--at', 'en')).toBe(moment)
})

test.each([
  [() => momentOf('soon', '--at', 'en'), '--at'],
  [() => momentOf('7', '--at', 'en'), '--at'],
  [() => momentOf('2026-13-01', '--at', 'en'), '--at'],
  [() => rateOf('10', 'en'), '--rate'],
  [() => rateOf('0/1m', 'en'), '--rate'],
  [() => rateOf('1/1y', 'en'), '--rate'],
  [() => positiveOf('0', 'slots', 'en'), 'slots'],
  [() => positiveOf('1.5', 'slots', 'en'), 'slots'],
  [() => flowRef('demo', 'en'), 'flow'],
  [() => flowRef('demo/', 'en'), 'flow'],
  [() => flowRef('a/b/c', 'en'), 'flow'],
])('%s is refused', (read, field) => {
  expect(read).toThrow(expect.objectContaining({ code: 'invalid_request', field }))
})

test('a rate is a count in a time', () => {
  expect(rateOf('10/5m', 'en')).toEqual({ takes: 10, per_ms: 300_000 })
})

describe('valuesInFile', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fabrique-values-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each([['[1]'], ['1'], ['{'], ['null']])('%s is no object', async (text) => {
    const file = join(folder, 'values.json')
    writeFileSync(file, text)
    await expect(valuesInFile(file, '--params-file', 'en')).rejects.toMatchObject({ field: '--params-file' })
  })

  test('gives the object, or says that there is no file', async () => {
    const file = join(folder, 'values.json')
    writeFileSync(file, '{"a":{"b":1}}')
    expect(await valuesInFile(file, '--params-file', 'en')).toEqual({ a: { b: 1 } })
    await expect(valuesInFile(join(folder, 'gone'), '--params-file', 'en')).rejects.toMatchObject({
      field: '--params-file',
    })
  })
})
