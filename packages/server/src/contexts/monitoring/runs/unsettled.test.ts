import { describe, expect, test } from 'vitest'
import type { UnsettledPart } from '../store.js'
import type { FoundMultivariate } from './multivariate.js'
import type { FoundSegment, FoundSegments } from './segments.js'
import { tellUnsettled, unsettledOf } from './unsettled.js'

type Falls = boolean | null

const told = (falls: Falls) => ({
  state: falls === null ? ('not_enough_data' as const) : ('tested' as const),
  rows: 100,
  labelled: 100,
  reference_labelled: 100,
  now: 0.7,
  before: 0.9,
  falls,
  metrics: [],
  sentence: { en: '', fr: '' },
})

/** The parts of `plan` by how they do. */
function segments(whole: Falls, plans: Readonly<Record<string, Falls>>): FoundSegments {
  const found = Object.entries(plans).map(
    ([segment, falls]): FoundSegment => ({ column: 'plan', segment, ...told(falls) }),
  )
  const counts = { tested: 1, fallen: found.filter(({ falls }) => falls === true).length }
  const columns = [{ column: 'plan', segments: found.length }]
  return { metric: 'accuracy', ...counts, whole: told(whole), segments: found, columns }
}

const together = (drift: Falls): readonly FoundMultivariate[] => [
  {
    method: 'domain_classifier',
    state: drift === null ? 'not_enough_data' : 'tested',
    score: null,
    threshold: null,
    drift,
    columns: 2,
    left_out: [],
    reference_rows: 10,
    current_rows: 10,
    importances: [],
    sentence: { en: '', fr: '' },
  },
]

const a: UnsettledPart = { part: 'segment', column: 'plan', segment: 'a' }

describe('what is left to be settled', () => {
  test('is what fell, until it is decided', () => {
    const fell = unsettledOf({ segments: segments(false, { a: true, b: false }) }, [])
    expect(fell).toEqual([a])
    expect(unsettledOf({ segments: segments(null, { a: null, b: null }) }, fell)).toEqual([a])
    // Also where the whole is decided, and others are.
    expect(unsettledOf({ segments: segments(false, { a: null, b: false }) }, fell)).toEqual([a])
    expect(unsettledOf({ segments: segments(false, { a: false, b: null }) }, fell)).toEqual([])
  })

  test('a run without a result settles nothing, and what nobody asks for is settled', () => {
    expect(unsettledOf(undefined, [a])).toEqual([a])
    expect(unsettledOf({}, [a, { part: 'whole' }, { part: 'multivariate', method: 'reconstruction' }])).toEqual([])
    const other = { ...segments(null, {}), columns: [{ column: 'country', segments: 0 }] }
    expect(unsettledOf({ segments: other }, [a])).toEqual([])
  })

  test('a part that is gone is settled by the others of its column, and not where no row came', () => {
    expect(unsettledOf({ segments: segments(false, { b: false }) }, [a])).toEqual([])
    expect(unsettledOf({ segments: segments(null, { b: null }) }, [a])).toEqual([a])
    expect(unsettledOf({ segments: { ...segments(null, {}), columns: [] } }, [a])).toEqual([a])
  })

  test('the whole and columns together are parts as well', () => {
    const bad = unsettledOf({ segments: segments(true, {}), multivariate: together(true) }, [])
    expect(bad).toEqual([{ part: 'multivariate', method: 'domain_classifier' }, { part: 'whole' }])
    expect(unsettledOf({ segments: segments(null, {}), multivariate: together(null) }, bad)).toEqual(bad)
    expect(unsettledOf({ segments: segments(false, {}), multivariate: together(false) }, bad)).toEqual([])
  })

  test('is told by name', () => {
    const sentence = tellUnsettled({ en: 'No column drifts', fr: 'Aucune colonne ne dérive' }, [
      a,
      { part: 'segment', column: 'hours', segment: '1 – 2', from: 1, below: 2 },
      { part: 'whole' },
    ])
    expect(sentence.en).toBe(
      'No column drifts; the open finding stays, as it is not known whether these are as before: plan = a, hours 1 – 2 and 1 more',
    )
    expect(sentence.fr).toBe(
      'Aucune colonne ne dérive\u202f; le constat ouvert le reste, car on ne sait pas si ceci est comme avant\u202f: plan = a, hours 1 – 2 et 1 de plus',
    )
  })
})
