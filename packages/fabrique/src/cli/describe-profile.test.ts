import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { barsOf, describeProfile, shortValue } from './describe-profile.js'

describe('a histogram as bars', () => {
  test('is as high as its counts, and empty where there is nothing', () => {
    expect(barsOf([0, 1, 4, 8])).toBe(' ▂▅█')
    expect(barsOf([])).toBe('')
    expect(barsOf([0, 0])).toBe('  ')
    expect(barsOf([1_000_000, 1])).toBe('█▁')
  })
})

describe('a short value', () => {
  test('has five digits, no line break and at most 24 characters', () => {
    expect(shortValue(0.123456789, 'en')).toBe('0.12346')
    expect(shortValue(0.5, 'fr')).toBe('0,5')
    expect(shortValue('9007199254740993', 'en')).toBe('9007199254740993')
    expect(shortValue('a\nb', 'en')).toBe('a b')
    expect(shortValue('x'.repeat(30), 'en')).toBe(`${'x'.repeat(23)}…`)
    expect(shortValue('2026-01-02T03:04:05.000Z', 'en')).toBe('2026-01-02 03:04')
    expect(shortValue(null, 'en')).toBe('')
    expect(shortValue(true, 'en')).toBe('true')
  })
})

test('a profile has a line for each column', () => {
  const text = describeProfile(
    {
      row_count: 3,
      duplicate_rows: 1,
      columns: [
        {
          name: 'size',
          type: 'number',
          count: 2,
          missing: 1,
          distinct: 2,
          distinct_is_exact: true,
          min: 1,
          max: 2,
          mean: 1.5,
          std: 0.25,
          quantiles: [],
          histogram: { edges: [1, 1.5, 2], counts: [1, 1] },
        },
        {
          name: 'plan',
          type: 'category',
          count: 3,
          missing: 0,
          distinct: 2,
          distinct_is_exact: true,
          top: [
            { value: 'pro', count: 2 },
            { value: 'free', count: 1 },
          ],
        },
        {
          name: 'note',
          type: 'text',
          count: 3,
          missing: 0,
          distinct: 600_000,
          distinct_is_exact: false,
          length: { min: 1, max: 9, mean: 4 },
        },
        { name: 'none', type: 'text', count: 0, missing: 3, distinct: 0, distinct_is_exact: true },
      ],
    },
    'en',
  )
  expect(stripVTControlCharacters(text).split('\n')).toEqual([
    '3 rows × 4 columns  1 row repeats another',
    '',
    'Column  Type      Missing  Distinct  Shape  Values',
    'size    number          1         2  ██     1 … 2, mean 1.5, deviation 0.25',
    'plan    category                  2  █▅     pro ×2, free ×1',
    'note    text               ≈600,000         1 to 9 characters',
    'none    text            3         0',
    '',
  ])
})
