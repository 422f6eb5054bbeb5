import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MapPlaces } from './map-places.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function placesOf(mayBeAhead = true) {
  const givenBack: (readonly string[])[] = []
  const giveBack = async (names: readonly string[]) => givenBack.push([...names])
  return { places: new MapPlaces({ count: 2, mayBeAhead, giveBack }), givenBack }
}

/** Opens so many as there is room for. */
function fill(places: MapPlaces): number {
  let opened = 0
  for (; places.hasRoom; opened += 1) places.open()
  return opened
}

async function runQuick(places: MapPlaces, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    if (places.hasRoom) places.open()
    expect(await places.take(`quick-${index}`, 1)).toBe(true)
    places.leave(0.01)
  }
}

/** What promises give, or that they gave nothing yet. */
function watched(promises: readonly Promise<unknown>[]): () => Promise<readonly unknown[]> {
  const states: unknown[] = promises.map(() => 'waits')
  for (const [index, promise] of promises.entries()) {
    const settle = (outcome: unknown) => {
      states[index] = outcome
    }
    promise.then(settle, settle)
  }
  return async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    return [...states]
  }
}

test('as many begin as there are places, until items are quick', async () => {
  const { places } = placesOf()
  expect(fill(places)).toBe(2)
  places.leave(undefined)
  places.leave(undefined)
  await runQuick(places, 8)
  expect(fill(places)).toBe(10)
})

test('one slow item among quick ones changes nothing, some do', async () => {
  const { places } = placesOf()
  await runQuick(places, 20)
  const opened = async (times: number) => {
    for (let index = 0; index < times; index += 1) {
      places.open()
      await places.take('slow', 1)
      places.leave(60_000)
      await vi.advanceTimersByTimeAsync(0)
    }
    const count = fill(places)
    for (let index = 0; index < count; index += 1) places.leave(undefined)
    return count
  }
  expect(await opened(1)).toBe(10)
  expect(await opened(6)).toBe(2)
})

test('items that take time, slots or attempts are never begun before they have a place', async () => {
  const { places } = placesOf(false)
  await runQuick(places, 20)
  expect(fill(places)).toBe(2)
})

test('a place goes to the one that waits longest', async () => {
  const { places, givenBack } = placesOf()
  const taken = watched(['a', 'b', 'c', 'd'].map((name) => places.take(name, 1)))
  expect(await taken()).toEqual([true, true, 'waits', 'waits'])
  places.leave(0.01)
  expect(await taken()).toEqual([true, true, true, 'waits'])
  expect(givenBack).toEqual([])
})

test('what has no place after a while is given back, and told so when it has one', async () => {
  const { places, givenBack } = placesOf()
  await runQuick(places, 8)
  const taken = watched(['a', 'b', 'c', 'd'].map((name) => places.take(name, name === 'd' ? 2 : 1)))
  await vi.advanceTimersByTimeAsync(49)
  expect(givenBack).toEqual([])
  await vi.advanceTimersByTimeAsync(10)
  // A second attempt has one before it, which is not to be lost.
  expect(givenBack).toEqual([['c']])
  places.leave(59)
  places.leave(59)
  await vi.advanceTimersByTimeAsync(0)
  expect(await taken()).toEqual([true, true, false, true])
})

test('after an item that failed none begins to work, and its beginning is given back', async () => {
  const { places, givenBack } = placesOf()
  const taken = watched(['a', 'b', 'c', 'd'].map((name) => places.take(name, 1)))
  const failed = new Error('a failed')
  places.stop(failed)
  places.leave(1)
  const late = watched([places.take('e', 1)])
  await vi.runAllTimersAsync()
  expect(await taken()).toEqual([true, true, failed, failed])
  expect(await late()).toEqual([failed])
  expect(givenBack).toEqual([['c', 'd', 'e']])
})

test('a place is not lost with an item that could not be given back', async () => {
  const away = new Error('the run is over')
  const places = new MapPlaces({ count: 1, mayBeAhead: true, giveBack: () => Promise.reject(away) })
  const taken = watched(['a', 'b', 'c'].map((name) => places.take(name, 1)))
  await vi.advanceTimersByTimeAsync(60)
  places.leave(60)
  await vi.advanceTimersByTimeAsync(0)
  expect(await taken()).toEqual([true, away, away])
  expect(await places.take('d', 1)).toBe(true)
})

test('after an item that was not quick the loop turns before the next one', async () => {
  const { places } = placesOf()
  const told: string[] = []
  for (const name of ['a', 'b', 'c']) void places.take(name, 1).then(() => told.push(name))
  await vi.advanceTimersByTimeAsync(0)
  setImmediate(() => told.push('turn'))
  places.leave(60)
  await vi.advanceTimersByTimeAsync(0)
  expect(told).toEqual(['a', 'b', 'turn', 'c'])
})
