import { describe, expect, it } from 'vitest'
import { reducePoints, ticks } from './reduce-points.js'

describe('reducePoints', () => {
  const points = Array.from({ length: 5000 }, (_, step) => ({ step, value: step === 3333 ? 99 : Math.sin(step) }))

  it('keeps peaks, order and the limit', () => {
    const kept = reducePoints(points, 500)
    expect(kept.length).toBeLessThanOrEqual(500)
    expect(kept).toContainEqual({ step: 3333, value: 99 })
    expect(kept.map(({ step }) => step)).toEqual(kept.map(({ step }) => step).sort((a, b) => a - b))
  })

  it('leaves few points alone', () => {
    expect(reducePoints(points.slice(0, 10), 500)).toHaveLength(10)
  })
})

describe('ticks', () => {
  it('are round and inside', () => {
    expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(ticks(0.83, 0.97, 4)).toEqual([0.85, 0.9, 0.95])
    expect(ticks(3, 3, 4)).toEqual([3])
  })
})
