import { expect, test } from 'vitest'
import { parseDuration } from './parse-duration.js'

test.each([
  ['90d', 90 * 86_400],
  ['36h', 36 * 3600],
  ['15m', 900],
  ['30s', 30],
  ['500ms', 0.5],
  ['1.5h', 5400],
  ['2h30m', 9000],
  ['1w 2d', 9 * 86_400],
  ['0s', 0],
] as const)('%s', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds)
})

test.each(['', 'soon', '10', '-1d', '1y', '1d!', '1 2d', 'd', '1e3s'])('%j is none', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})
