import { describe, expect, it } from 'vitest'
import { chosenOf, purgedCount, readDays, toggled, trashKey } from './selection.js'

const items = [
  { kind: 'run', id: '1' },
  { kind: 'experiment', id: '1' },
] as const

describe('selection', () => {
  it('tells kinds with one id apart', () => {
    const chosen = toggled(new Set(), trashKey(items[1]))
    expect(chosenOf(items, chosen)).toEqual([items[1]])
    expect(chosenOf(items, toggled(chosen, trashKey(items[1])))).toEqual([])
  })

  it('forgets what left the list', () => {
    expect(chosenOf([items[0]], new Set(['run 1', 'run 2']))).toEqual([items[0]])
  })
})

describe('purgedCount', () => {
  it('adds the kinds', () => {
    expect(purgedCount({ experiments: 1, runs: 2, logged_models: 3, artifacts: 9, bytes_freed: 9 })).toBe(6)
  })
})

describe('readDays', () => {
  it.each([
    ['30', 30],
    [' 1,5 ', 1.5],
    ['0', 0],
    ['', undefined],
    ['-1', undefined],
    ['many', undefined],
  ])('%s is %s', (text, days) => {
    expect(readDays(text)).toBe(days)
  })
})
