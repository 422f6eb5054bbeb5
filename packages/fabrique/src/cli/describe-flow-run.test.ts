import { expect, test } from 'vitest'
import { spanText } from './describe-flow-run.js'

test.each([
  [0.4, '0 ms', '0 ms'],
  [999, '999 ms', '999 ms'],
  [1250, '1.2 s', '1,2 s'],
  [59_990, '59.9 s', '59,9 s'],
  [60_000, '1 min', '1 min'],
  [125_000, '2 min 5 s', '2 min 5 s'],
  [3_600_000, '1 h', '1 h'],
  [5_430_000, '1 h 30 min', '1 h 30 min'],
  [90_000_000, '1 d 1 h', '1 j 1 h'],
])('%d ms are %s', (ms, en, fr) => {
  expect([spanText(ms, 'en'), spanText(ms, 'fr')]).toEqual([en, fr])
})
