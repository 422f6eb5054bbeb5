import { describe, expect, it } from 'vitest'
import { formatOf } from '../../i18n/format.js'
import { en } from './texts/en.js'
import { fr } from './texts/fr.js'
import { signedText, valueText } from './value-text.js'

describe('valueText', () => {
  const english = { type: undefined, words: en.waterfall, f: formatOf('en') }
  const french = { type: undefined, words: fr.waterfall, f: formatOf('fr') }

  it('reads as people write', () => {
    expect([null, true, 'north', 1234.5678, 0].map((value) => valueText(value, english))).toEqual([
      'missing',
      'yes',
      'north',
      '1,234.6',
      '0',
    ])
    expect([null, false, 0.5].map((value) => valueText(value, french))).toEqual(['manquante', 'non', '0,5'])
  })

  it('knows moments in either form, and leaves what is none', () => {
    const moments = { ...english, type: 'timestamp' } as const
    expect(valueText(Date.UTC(2026, 0, 5), moments)).toBe('5 Jan 2026')
    expect(valueText('2026-01-05T10:00:00Z', moments)).toBe('5 Jan 2026')
    expect(valueText('soon', moments)).toBe('soon')
  })
})

describe('signedText', () => {
  it('has the sign of a difference', () => {
    expect([0.25, -0.25, 0].map((value) => signedText(value, formatOf('fr')))).toEqual(['+0,250', '−0,250', '0,000'])
  })
})
