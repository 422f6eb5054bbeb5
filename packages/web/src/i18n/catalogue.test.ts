import { describe, expect, it } from 'vitest'
import { en as explainEn } from '../pages/explain/texts/en.js'
import { fr as explainFr } from '../pages/explain/texts/fr.js'
import { en as trainEn } from '../pages/train/texts/en.js'
import { fr as trainFr } from '../pages/train/texts/fr.js'
import { wholeCatalogue } from './whole-catalogue.js'

/** Stands for any value a message names: a number, a text or a record. */
const anything = new Proxy(() => '1', {
  get: (_, key) => (key === Symbol.toPrimitive || key === 'toString' || key === 'toLowerCase' ? () => '1' : anything),
}) as never

function texts(node: unknown, path = ''): readonly (readonly [string, string])[] {
  if (typeof node === 'string') return [[path, node]]
  if (typeof node === 'function') return [[path, node(anything, anything)]]
  if (typeof node !== 'object' || node === null) throw new Error(`${path} is no text`)
  return Object.entries(node).flatMap(([key, value]) => texts(value, path === '' ? key : `${path}.${key}`))
}

const english = new Map(texts({ ...(await wholeCatalogue('en')), train: trainEn, explain: explainEn }))
const french = texts({ ...(await wholeCatalogue('fr')), train: trainFr, explain: explainFr })

describe('catalogues', () => {
  it('have the same keys', () => {
    expect(french.map(([path]) => path)).toEqual([...english.keys()])
  })

  it('have no empty text', () => {
    for (const [path, text] of [...english, ...french]) expect(text.trim(), path).not.toBe('')
  })
})

describe('French typography', () => {
  it('has its thin spaces, curly apostrophes and ellipses', () => {
    for (const [path, text] of french) {
      expect(text, path).not.toMatch(/[^\u202f][;!?]/u)
      expect(text, path).not.toMatch(/[^\u202f]:(?!\/\/)/u)
      expect(text, path).not.toMatch(/«(?!\u202f)|(?<!\u202f)»/u)
      expect(text, path).not.toContain("'")
      expect(text, path).not.toContain('...')
    }
  })
})
