import { describe, expect, test } from 'vitest'
import { checkMessages } from './check-messages.js'
import { ingestMessages } from './ingest-messages.js'
import { lineageMessages } from './lineage-messages.js'
import { messages } from './messages.js'
import { pluralOf } from './plural.js'
import { sharingMessages } from './sharing-messages.js'
import { snapshotMessages } from './snapshot-messages.js'

test('the words are those of the count, and none is one thing in French only', () => {
  const en = pluralOf('en')
  const fr = pluralOf('fr')
  expect([0, 1, 2, 1_234].map((count) => en(count, '# row', '# rows'))).toEqual([
    '0 rows',
    '1 row',
    '2 rows',
    '1,234 rows',
  ])
  expect([0, 1, 2, 1_000_000].map((count) => fr(count, '# ligne', '# lignes'))).toEqual([
    '0 ligne',
    '1 ligne',
    '2 lignes',
    '1\u202f000\u202f000 lignes',
  ])
})

describe('the texts about data', () => {
  const told = (language: 'en' | 'fr', count: number) => {
    const snapshots = snapshotMessages(language)
    const sharing = sharingMessages(language)
    const checks = checkMessages(language)
    const ingests = ingestMessages(language)
    const { jobs, validate, rows } = messages(language)
    return [
      snapshots.countOfRows(count, count),
      snapshots.duplicates(count),
      snapshots.lengths('0', count),
      snapshots.notFinite(count),
      snapshots.leftOut(count),
      snapshots.added(count),
      checks.suiteLine('s', count, count),
      checks.severities(0, count, 0),
      checks.unexpected(count, count),
      checks.kept('s', count),
      checks.proposed(count),
      ingests.files(count, count),
      ingests.rows(count, 0),
      ingests.setAside(count, 'i'),
      ingests.matching(count, count),
      lineageMessages(language).adopted(count, count),
      lineageMessages(language).exported('f', count),
      sharing.files(count, 'x'),
      sharing.read(count),
      sharing.leftOut(count),
      sharing.pushed(count, count, 'x'),
      sharing.pulled(count, count, 'x'),
      sharing.skipped(count),
      sharing.checkedOut(count, count, 'x'),
      sharing.removed(count),
      sharing.wouldErase(count, 'x'),
      sharing.erased(count, 'x'),
      jobs.files(count),
      jobs.filesOf(0, count),
      jobs.rows(count),
      validate.unexpected(count, '1'),
      validate.sum('s', count, count, count),
      rows(count, count),
    ]
  }

  test('say one thing in the singular', () => {
    expect(
      told('en', 1).filter((text) =>
        /\b(?:rows|columns|files|snapshots|contents|expectations|warnings|outputs|characters) ?\b/.test(text),
      ),
    ).toEqual([])
    const plurals =
      /\b(?:lignes|colonnes|fichiers|instantanés|contenus|attentes|avertissements|sorties|caractères|lus|retirés|finis|envoyés|inattendues|ajoutées)\b/
    expect(told('fr', 1).filter((text) => plurals.test(text))).toEqual([])
    expect(told('en', 1)).toContain('1 row repeats another')
    expect(told('fr', 1)).toContain('1 ligne en répète une autre')
  })

  test('say several in the plural, with the separators of the language', () => {
    const [english, french] = [told('en', 1_200), told('fr', 1_200)]
    expect(english[0]).toBe('1,200 rows × 1,200 columns')
    expect(french[0]).toBe('1\u202f200 lignes × 1\u202f200 colonnes')
    expect(english).toContain('1,200 rows repeat another')
    expect(french).toContain('1\u202f200 lignes en répètent une autre')
    expect([...english, ...french].filter((text) => text.includes('#'))).toEqual([])
  })
})
