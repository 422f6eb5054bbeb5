import { describe, expect, it } from 'vitest'
import { formatOf } from '../../i18n/format.js'
import { wholeCatalogue } from '../../i18n/whole-catalogue.js'
import { foundText, stateText } from './state-text.js'

const en = await wholeCatalogue('en')
const fr = await wholeCatalogue('fr')
const [format, formatFr] = [formatOf('en'), formatOf('fr')]
const side = (rows: number) => ({ what: 'snapshot', rows }) as const
const report = {
  state: 'ok',
  tested: 12,
  drifted: 0,
  broken: 0,
  violated: 0,
  rows_min: 100,
  reference: side(1000),
  current: side(900),
} as const

describe('what a monitor found, in words', () => {
  it('tells drift, what cannot be compared, and limits together', () => {
    expect(foundText({ ...report, state: 'alarm', drifted: 3, broken: 1, violated: 2 }, en, format)).toBe(
      'Drift in 3 of 12 columns, 1 column cannot be compared, 2 limits are not held',
    )
    expect(foundText({ ...report, state: 'alarm', drifted: 3 }, fr, formatFr)).toBe('Dérive dans 3 colonnes sur 12')
    expect(foundText(report, en, format)).toBe('No drift in 12 columns')
  })

  it('tells columns together and segments, and what of them is not known', () => {
    const worse = {
      ...report,
      state: 'alarm',
      multivariate_drift: true,
      performance_falls: false,
      segments_fallen: 2,
      segments_undecided: 1,
    } as const
    expect(foundText(worse, en, format)).toBe('Columns together drift, worse in 2 segments, 1 segment not judged')
    const late = { ...report, performance_falls: null, segments_fallen: 0, segments_undecided: 3 }
    expect(foundText(late, en, format)).toBe('No drift in 12 columns, performance: not known, 3 segments not judged')
    expect(foundText(late, fr, formatFr)).toBe(
      'Pas de dérive dans 12 colonnes, performance\u202f: on ne sait pas, 3 segments non jugés',
    )
    expect(foundText({ ...report, multivariate_drift: null }, fr, formatFr)).toBe(
      'Pas de dérive dans 12 colonnes, colonnes ensemble\u202f: on ne sait pas',
    )
  })

  it('says too little data with both numbers: that is not "no drift"', () => {
    const short = { ...report, state: 'not_enough_data', tested: 0, current: side(12) } as const
    expect(foundText(short, en, format)).toBe('Not enough data (12 rows < 100)')
    expect(foundText(short, fr, formatFr)).toBe('Pas assez de données (12 lignes < 100)')
  })

  it('tells why a run failed, and that there was none', () => {
    const error = { code: 'snapshot_not_found', params: {}, message: 'Snapshot snap_1 not found', hint: '' }
    expect(foundText({ ...report, state: 'failed', error }, en, format)).toBe('Snapshot snap_1 not found')
    expect(stateText({}, en, format)).toBe('Has not run yet')
  })
})
