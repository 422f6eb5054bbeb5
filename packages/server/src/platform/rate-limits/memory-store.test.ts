import { expect, test } from 'vitest'
import { rateStoreSuite } from '../../../test/contract/rate-store-suite.js'
import { testClock } from '../../../test/support/test-clock.js'
import { memoryRateStore } from './memory-store.js'

rateStoreSuite('memory', async () => {
  const clock = testClock()
  const store = memoryRateStore(clock)
  return { store, elapse: async (_, ms) => clock.advance(ms), close: () => store.close() }
})

test('those that came least recently are forgotten when there are too many', () => {
  const store = memoryRateStore(testClock(), 2)
  const rate = { requests: 1, windowMs: 1000 }
  const isAllowed = (key: string) => store.take(key, rate).isAllowed
  expect(['a', 'b', 'b', 'c', 'c', 'a'].map(isAllowed)).toEqual([true, true, false, true, false, true])
})
