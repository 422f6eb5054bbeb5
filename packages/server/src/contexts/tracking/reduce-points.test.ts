import { expect, test } from 'vitest'
import { type ChartPoint, PointReducer } from './reduce-points.js'

/** Numbers from 0 to 1 that look random and are the same every time. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

function reduce(points: readonly ChartPoint[], most: number, counted = points.length): readonly ChartPoint[] {
  const reducer = new PointReducer(counted, most)
  for (const point of points) reducer.add(point)
  return reducer.points()
}

function series(length: number, seed: number, nanShare = 0.1): readonly ChartPoint[] {
  const next = numbers(seed)
  return Array.from({ length }, (_, step) => ({
    step,
    timestampMs: step,
    value: next() < nanShare ? Number.NaN : Math.floor(next() * 20),
  }))
}

test('what is kept are points of the series in order, never more than asked, the ends and the extremes among them', () => {
  const next = numbers(7)
  for (let round = 0; round < 400; round += 1) {
    const length = 1 + Math.floor(next() * 300)
    const most = 2 + Math.floor(next() * 60)
    const points = series(length, round + 1, next() * 0.5)
    const kept = reduce(points, most)
    expect(kept.length).toBeLessThanOrEqual(Math.max(most, 2))
    const steps = kept.map(({ step }) => step)
    expect(steps).toEqual([...new Set(steps)].sort((left, right) => left - right))
    for (const point of kept) expect(point).toBe(points[point.step])
    expect(kept[0]).toBe(points[0])
    expect(kept.at(-1)).toBe(points.at(-1))
    const values = (of: readonly ChartPoint[]) => of.map(({ value }) => value).filter((value) => !Number.isNaN(value))
    if (most >= 4 && values(points).length > 0) {
      expect(Math.min(...values(kept))).toBe(Math.min(...values(points)))
      expect(Math.max(...values(kept))).toBe(Math.max(...values(points)))
    }
  }
})

test('each part keeps its own smallest and largest', () => {
  const points = series(1002, 3, 0)
  const kept = new Set(reduce(points, 22).map(({ step }) => step))
  for (let part = 0; part < 10; part += 1) {
    const inside = points.slice(1 + part * 100, 1 + (part + 1) * 100)
    const own = inside.filter(({ step }) => kept.has(step)).map(({ value }) => value)
    expect(Math.min(...own)).toBe(Math.min(...inside.map(({ value }) => value)))
    expect(Math.max(...own)).toBe(Math.max(...inside.map(({ value }) => value)))
  }
})

test('a short series stays whole', () => {
  const points = series(50, 5)
  expect(reduce(points, 50)).toEqual(points)
})

test('points that come or go while they are read do no harm', () => {
  const points = series(1010, 9)
  const grown = reduce(points, 100, 1000)
  expect(grown.length).toBeLessThanOrEqual(100)
  expect(grown.at(-1)).toBe(points.at(-1))
  const shrunk = reduce(points, 100, 1100)
  expect(shrunk.length).toBeLessThanOrEqual(100)
  expect(shrunk[0]).toBe(points[0])
  expect(reduce(points, 100, 50).length).toBeLessThanOrEqual(100)
})
