import { describe, expect, it } from 'vitest'
import { en } from './texts/en.js'
import { estimatorName, metricName, refusalHint, stageName } from './train-texts.js'

describe('names', () => {
  it('are those of people, and the own ones of what has none', () => {
    expect([estimatorName(en, 'ridge'), estimatorName(en, 'unheard_of')]).toEqual(['Ridge regression', 'unheard_of'])
    expect([metricName(en, 'r2'), metricName(en, 'business_value')]).toEqual(['R²', 'business_value'])
    expect([stageName(en, 'fit'), stageName(en, 'polish')]).toEqual(['Learns', 'polish'])
  })
})

describe('refusalHint', () => {
  it('goes by the reason in the message, whatever its language', () => {
    const hint = en.reasons.invalid_target
    expect(refusalHint(en, 'This cannot be trained (invalid_target): The target "y (m)" holds text')).toBe(hint)
    expect(refusalHint(en, 'L’entraînement est impossible (invalid_target)\u202f: …')).toBe(hint)
    expect(refusalHint(en, 'This cannot be trained (out_of_luck): …')).toBeUndefined()
    expect(refusalHint(en, 'No reason')).toBeUndefined()
  })
})
