import { expect, test } from 'vitest'
import { testClock } from '../../../test/support/test-clock.js'
import { silentLog } from '../logs/log.js'
import { memoryRateStore } from './memory-store.js'
import type { RateStore } from './rate-store.js'
import { sharedRateStore } from './shared-store.js'

const rate = { requests: 2, windowMs: 1000 }

/** Counts how often it was asked, and can be away. */
function countedStore() {
  const clock = testClock()
  const inner = memoryRateStore(clock)
  const state = { asked: 0, isAway: false }
  const store: RateStore = {
    ...inner,
    take(key, of) {
      state.asked += 1
      return state.isAway ? Promise.reject(new Error('away')) : inner.take(key, of)
    },
  }
  return { clock, state, shared: sharedRateStore({ store, clock, log: silentLog }) }
}

test('whom it refused is refused until then without asking again', async () => {
  const { clock, state, shared } = countedStore()
  await shared.take('a', rate)
  await shared.take('a', rate)
  expect(await shared.take('a', rate)).toEqual({ isAllowed: false, remaining: 0, resetMs: 500 })
  clock.advance(200)
  for (let time = 0; time < 10; time += 1) {
    expect(await shared.take('a', rate)).toEqual({ isAllowed: false, remaining: 0, resetMs: 300 })
  }
  expect(state.asked).toBe(3)
  expect((await shared.take('b', rate)).isAllowed).toBe(true)
  clock.advance(300)
  expect((await shared.take('a', rate)).isAllowed).toBe(true)
})

test('while it is away the server counts by itself', async () => {
  const { clock, state, shared } = countedStore()
  const slow = { requests: 2, windowMs: 86_400_000 }
  await shared.take('a', slow)
  state.isAway = true
  const allowed = []
  for (let time = 0; time < 3; time += 1) allowed.push((await shared.take('a', slow)).isAllowed)
  expect(allowed).toEqual([true, true, false])
  state.isAway = false
  clock.advance(1000)
  expect([(await shared.take('a', slow)).isAllowed, (await shared.take('a', slow)).isAllowed]).toEqual([true, false])
})

test('while it is away it is asked once a second', async () => {
  const { clock, state, shared } = countedStore()
  state.isAway = true
  for (let time = 0; time < 10; time += 1) await shared.take(`caller ${time}`, rate)
  expect(state.asked).toBe(1)
  clock.advance(1000)
  await Promise.all(Array.from({ length: 10 }, (_, index) => shared.take(`caller ${index}`, rate)))
  expect(state.asked).toBe(2)
  state.isAway = false
  clock.advance(1000)
  await shared.take('a', rate)
  await shared.take('a', rate)
  expect(state.asked).toBe(4)
})
