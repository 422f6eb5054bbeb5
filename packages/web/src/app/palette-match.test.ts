import { describe, expect, it } from 'vitest'
import { type Entry, matchEntries, matchRank } from './palette-match.js'

describe('matchRank', () => {
  it('wants every word, ignores case and accents', () => {
    expect(matchRank('Jeux de données iris', 'DONNEES iris')).toBeDefined()
    expect(matchRank('Models', 'model x')).toBeUndefined()
    expect(matchRank('anything', '')).toBe(0)
  })

  it('prefers starts of the text, then of words', () => {
    const [start = 9, word = 9, inside = 9] = ['iris', 'my iris', 'siris'].map((text) => matchRank(text, 'iri'))
    expect(start).toBeLessThan(word)
    expect(word).toBeLessThan(inside)
  })
})

it('matchEntries puts the best first', () => {
  const entry = (label: string): Entry => ({ id: label, label, kind: 'page', icon: 'about' })
  expect(matchEntries([entry('my iris'), entry('iris'), entry('other')], 'iris').map(({ label }) => label)).toEqual([
    'iris',
    'my iris',
  ])
})
