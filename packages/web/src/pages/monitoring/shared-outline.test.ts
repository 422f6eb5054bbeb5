import { describe, expect, it } from 'vitest'
import { densitiesOf, labelShares, largestShift, outlinesOf, type SharedNumbers } from './shared-outline.js'

const numbers: SharedNumbers = {
  kind: 'numbers',
  edges: [0, 1, 2, 4],
  reference: [0.5, 0.25, 0.25],
  current: [0, 0, 1],
}

describe('two distributions on shared bins', () => {
  it('are told as density: a bin twice as wide is half as high', () => {
    expect(densitiesOf(numbers, numbers.current)).toEqual([0, 0, 0.5])
    expect(densitiesOf(numbers, numbers.reference)).toEqual([0.5, 0.25, 0.125])
  })

  it('share one scale: the highest of both fills the box', () => {
    expect(outlinesOf(numbers, { width: 100, height: 40 })).toEqual({
      reference: 'M0 40V0.00H25.00V20.00H50.00V30.00H100.00V40Z',
      current: 'M0 40V40.00H25.00V40.00H50.00V0.00H100.00V40Z',
    })
  })

  it('are not drawn where there is nothing to draw', () => {
    const box = { width: 100, height: 40 }
    expect(outlinesOf({ ...numbers, edges: [1, 1], reference: [1], current: [1] }, box)).toBeUndefined()
    expect(outlinesOf({ ...numbers, reference: [0, 0, 0], current: [0, 0, 0] }, box)).toBeUndefined()
  })

  it('name the labels, and what all others come to', () => {
    const labels = { kind: 'labels', labels: ['a', 'b'], reference: [0.5, 0.3, 0.2], current: [0.1, 0.2, 0.7] } as const
    expect(labelShares({ ...labels, others: 4 }).map(({ label, current }) => [label, current])).toEqual([
      ['a', 0.1],
      ['b', 0.2],
      [undefined, 0.7],
    ])
    expect(labelShares({ ...labels, others: 0 })).toHaveLength(2)
    expect(largestShift({ ...labels, others: 4 })).toBe(2)
  })
})
