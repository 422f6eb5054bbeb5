import { describe, expect, it } from 'vitest'
import { nextChoice } from './next-choice.js'

const labels = ['Light', 'Dark', 'System', 'Éclair', 'Dim']

describe('nextChoice', () => {
  it('goes round with the arrows, and to both ends', () => {
    expect([0, 4, -1].map((at) => nextChoice('ArrowDown', at, labels))).toEqual([1, 0, 0])
    expect([0, 4, -1].map((at) => nextChoice('ArrowUp', at, labels))).toEqual([4, 3, 4])
    expect(['Home', 'End'].map((key) => nextChoice(key, 2, labels))).toEqual([0, 4])
  })

  it('goes to the next that begins with a letter', () => {
    expect([0, 1, 4].map((at) => nextChoice('d', at, labels))).toEqual([1, 4, 1])
    expect(nextChoice('É', 0, labels)).toBe(3)
    expect(nextChoice('x', 0, labels)).toBeUndefined()
  })

  it('leaves other keys alone', () => {
    expect(['Enter', ' ', 'Escape', 'Shift'].map((key) => nextChoice(key, 0, labels))).toEqual(Array(4).fill(undefined))
    expect(nextChoice('ArrowDown', -1, [])).toBeUndefined()
  })
})
