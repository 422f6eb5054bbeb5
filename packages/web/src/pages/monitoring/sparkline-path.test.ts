import { describe, expect, it } from 'vitest'
import { sparkDrawing } from './sparkline-path.js'

const box = { width: 80, height: 20 }

describe('the trend of a score', () => {
  it('has zero and the threshold in it, so that noise below the threshold stays low', () => {
    const { lines, threshold, last } = sparkDrawing([0.1, 0.2], 0.4, box)
    expect(lines).toEqual(['M0 15L80 10'])
    expect(threshold).toBe(0)
    expect(last).toEqual([80, 10])
  })

  it('breaks where a report could not test: that is no score of zero', () => {
    const { lines, dots } = sparkDrawing([0.1, 0.2, null, 0.4, null], 0.4, box)
    expect(lines).toEqual(['M0 15L20 10'])
    expect(dots).toEqual([[60, 0]])
  })

  it('stands with one score and with none', () => {
    expect(sparkDrawing([0.3], 0.3, box)).toEqual({ lines: [], dots: [[80, 0]], threshold: 0, last: [80, 0] })
    expect(sparkDrawing([null], 0.3, box)).toEqual({ lines: [], dots: [], threshold: undefined, last: undefined })
    expect(sparkDrawing([0], undefined, box).last).toEqual([80, 10])
  })
})
