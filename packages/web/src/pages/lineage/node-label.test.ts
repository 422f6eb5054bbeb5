import { describe, expect, test } from 'vitest'
import { wholeCatalogue } from '../../i18n/whole-catalogue.js'
import { labelOf } from './node-label.js'

const en = await wholeCatalogue('en')
const fr = await wholeCatalogue('fr')

describe('labelOf', () => {
  const failed = { kind: 'validation', label: 'usage failed', detail: { dataset: 'usage', success: false } } as const

  test('a validation says how it ended in the language of the reader', () => {
    expect(labelOf(failed, en)).toBe('usage · Failed')
    expect(labelOf(failed, fr)).toBe('usage · Échec')
    expect(labelOf({ ...failed, detail: { dataset: 'usage', success: true } }, fr)).toBe('usage · Réussi')
  })

  test('anything else has its own name, as has a validation of which no more is known', () => {
    expect(labelOf({ kind: 'run', label: 'silent-fish', detail: { dataset: 'usage', success: true } }, fr)).toBe(
      'silent-fish',
    )
    expect(labelOf({ ...failed, detail: {} }, fr)).toBe('usage failed')
  })
})
