import { expect, test } from 'vitest'
import { pollUntil } from './poll-until.js'

/** A clock that goes on by itself. */
function hastyClock(stepMs: number) {
  let ms = 0
  return {
    now: () => new Date(ms),
    monotonicMs: () => {
      ms += stepMs
      return ms
    },
  }
}

test('looks until it is over', async () => {
  const seen = ['queued', 'running', 'done', 'never seen']
  const look = async () => seen.shift() ?? 'nothing'
  expect(await pollUntil(look, (state) => state === 'done', { clock: hastyClock(1), waitMs: 60_000 })).toBe('done')
  expect(seen).toEqual(['never seen'])
})

test('gives what it saw last when the time is up, and looks once where there is no time', async () => {
  let looks = 0
  const look = async () => {
    looks += 1
    return looks
  }
  const never = () => false
  expect(await pollUntil(look, never, { clock: hastyClock(500), waitMs: 0 })).toBe(1)
  // It begins at 1000 and ends at 2700; the time is 2000 after the first look and 3000 after the second.
  expect(await pollUntil(look, never, { clock: hastyClock(1000), waitMs: 1700 })).toBe(3)
})

test('what the look throws ends it', async () => {
  const look = async () => {
    throw new Error('gone')
  }
  await expect(pollUntil(look, () => true, { clock: hastyClock(1), waitMs: 1000 })).rejects.toThrow('gone')
})
