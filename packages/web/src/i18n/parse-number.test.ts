import { describe, expect, it } from 'vitest'
import { parseNumber } from './parse-number.js'

describe('parseNumber', () => {
  it.each([
    ['5.1', 5.1],
    ['5,1', 5.1],
    [' 1\u202f234,5 ', 1234.5],
    ['1 234.5', 1234.5],
    ['1,234.5', 1234.5],
    ['1.234,5', 1234.5],
    ['1,234,567.8', 1234567.8],
    ['-3', -3],
    ['\u22123,5', -3.5],
    ['.5', 0.5],
    ['1e-3', 0.001],
  ])('reads %j', (text, value) => {
    expect(parseNumber(text)).toBe(value)
  })

  it.each(['', 'five', '1,2,3', '5.1.2', '0x10', 'Infinity', '1e999', '--1'])('refuses %j', (text) => {
    expect(parseNumber(text)).toBeUndefined()
  })
})
