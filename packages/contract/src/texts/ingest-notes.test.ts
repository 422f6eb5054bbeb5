import { describe, expect, test } from 'vitest'
import { IngestNoteCode } from '../schemas/dataset.js'
import { ingestNote, ingestNoteTemplates, ingestNoteText } from './ingest-notes.js'

describe('ingestNoteText', () => {
  test('every code has its text in both languages, with the same names', () => {
    expect(Object.keys(ingestNoteTemplates)).toEqual(IngestNoteCode.options)
    const names = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort()
    for (const [code, [en, fr]] of Object.entries(ingestNoteTemplates)) {
      expect(names(fr), code).toEqual(names(en))
      if (code !== 'text') expect(fr, code).not.toBe(en)
      expect(fr, code).not.toMatch(/'|[^\u202f][;:!?](?: |$)/)
    }
  })

  test('names its values; words among them in the language', () => {
    const counted = ingestNote('values_counted', { found: 2, wanted: 5 })
    expect(ingestNoteText(counted, 'en')).toBe('2 values instead of 5')
    expect(ingestNoteText(counted, 'fr')).toBe('2 valeurs au lieu de 5')
    const broken = ingestNote('cannot_be_read', { file: 'a.csv', reason: 'It is gone', reason_fr: 'Il a disparu' })
    expect(ingestNoteText(broken, 'en')).toBe('a.csv: cannot be read: It is gone')
    expect(ingestNoteText(broken, 'fr')).toBe('a.csv\u202f: lecture impossible\u202f: Il a disparu')
  })

  test('a text of an older version stays as it is', () => {
    const old = ingestNote('text', { text: '3 of 4 rows were set aside {count}' })
    expect(ingestNoteText(old, 'fr')).toBe('3 of 4 rows were set aside {count}')
  })
})
