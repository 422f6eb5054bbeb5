import { describe, expect, test } from 'vitest'
import { formatOf } from '../../i18n/format.js'
import { showRounded, showSample, showValue } from './show-value.js'

const [en, fr] = [formatOf('en'), formatOf('fr')]

describe('showValue', () => {
  test('writes every kind of value on one line', () => {
    expect(showValue(1234.5, fr)).toBe('1\u202f234,5')
    expect(showValue([1, 'a', null, true], en)).toBe('1, a, null, true')
    expect(showValue({ min: 1, of: ['x', 2] }, en)).toBe('min 1, of x, 2')
  })
})

describe('showRounded', () => {
  test('keeps six digits of a number and all of the rest', () => {
    expect(showRounded(27.610603290676423, en)).toBe('27.6106')
    expect(showRounded(-0.000123456789, fr)).toBe('-0,000123457')
    expect(showRounded(400, en)).toBe('400')
    expect(showRounded('2026-01-01', en)).toBe('2026-01-01')
    expect(showRounded(12_345_678, en)).toBe('12,345,678')
  })
})

describe('showSample', () => {
  test('names each value once, and leaves out what is no value', () => {
    expect(showSample([99, 99, null, -1], en)).toBe('99, -1')
    expect(showSample([null, null], en)).toBe('')
    expect(showSample(undefined, en)).toBe('')
  })
})
