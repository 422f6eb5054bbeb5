import { expect, test } from 'vitest'
import { parseRate, RateText } from './rate.js'

test.each([
  ['10/minute', 10, 60_000],
  ['100/s', 100, 1000],
  ['5 per hour', 5, 3_600_000],
  ['3/15 minutes', 3, 900_000],
  ['1000/day', 1000, 86_400_000],
  [' 2/2min ', 2, 120_000],
])('%s', (text, requests, windowMs) => {
  expect(parseRate(text)).toEqual({ requests, windowMs })
})

test.each([
  '',
  '10',
  '0/minute',
  '10/0s',
  '-1/s',
  '1.5/s',
  '10/fortnight',
  '10/minutely',
  '1/32 days',
  '1e3/s',
  '10/minute;drop',
])('%j is no rate', (text) => {
  expect(parseRate(text)).toBeUndefined()
  expect(RateText.safeParse(text).success).toBe(false)
})
