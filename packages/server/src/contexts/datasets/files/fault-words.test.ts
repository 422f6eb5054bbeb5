import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { wordedFault } from './fault-words.js'

/** Every text of the sources here that says what is wrong with a file that is left out. */
const texts = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .flatMap((name) => [
    ...readFileSync(new URL(name, import.meta.url), 'utf8').matchAll(
      /(?:fault: |return |: )(['`])((?:it |\$\{format\} ).*?)\1/g,
    ),
  ])
  .map(([, , text = '']) => text.replaceAll(/\$\{.*\}/g, 'EACCES'))

describe('wordedFault', () => {
  test('knows the words of every fault that a file can have', () => {
    const ofErrors = [
      'it stands there twice',
      'it is a file and a folder',
      'it is not absolute',
      'it is not a folder',
      'it must be absolute',
    ]
    const faults = texts.filter((text) => !ofErrors.includes(text))
    expect(faults.length).toBeGreaterThan(14)
    for (const fault of faults) {
      const { reason, reason_fr } = wordedFault(fault)
      expect(reason).toBe(fault)
      expect(reason_fr, fault).toMatch(/^(?:il |ce |c’|son |EACCES )/)
      expect(reason_fr?.includes('EACCES')).toBe(fault.includes('EACCES'))
    }
  })

  test('leaves what it does not know', () => {
    expect(wordedFault('something else')).toEqual({ reason: 'something else' })
  })
})
