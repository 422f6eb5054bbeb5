import type { DriftReport } from '@fabrique/ml/drift'
import { describe, expect, test } from 'vitest'
import { judgeFigures, type Measured } from './figures.js'
import { judgeRun } from './judge-run.js'

const report = (change: Partial<DriftReport> = {}): DriftReport => ({
  mode: 'calibrated',
  referenceRows: 1000,
  currentRows: 1000,
  columns: [],
  tested: 3,
  drifted: 0,
  share: 0,
  shareMin: null,
  datasetDrift: false,
  broken: 0,
  why: { en: 'No column drifts', fr: 'Aucune colonne ne dérive' },
  ...change,
})

const accuracy = (value: number | undefined): Measured => ({
  kind: 'performance',
  metric: 'accuracy',
  value,
  rows: 500,
})

const bound = { kind: 'performance', metric: 'accuracy', min: 0.8, severity: 'warning' } as const

describe('the state of a report', () => {
  test.each([
    ['nothing moved', report(), 'ok'],
    ['a column drifts, the data as a whole does not', report({ drifted: 1 }), 'warning'],
    ['a column broke', report({ broken: 1 }), 'warning'],
    ['the data drifts', report({ drifted: 2, datasetDrift: true }), 'alarm'],
    ['nothing could be tested', report({ tested: 0, share: null, datasetDrift: null }), 'not_enough_data'],
    [
      'a side has too few rows',
      report({ currentRows: 5, tested: 0, share: null, datasetDrift: null }),
      'not_enough_data',
    ],
  ] as const)('%s', (_, given, state) => {
    expect(judgeRun({ report: given, figures: [], rowsMin: 100 })).toMatchObject({ state })
  })

  test('few rows are told with both numbers and the bound', () => {
    const few = report({ currentRows: 5, tested: 0, share: null, datasetDrift: null })
    const { sentence } = judgeRun({ report: few, figures: [], rowsMin: 100 })
    expect(sentence.en).toBe(
      'Not enough data: 1,000 reference and 5 current rows, at least 100 on each side are needed',
    )
    expect(sentence.fr).toContain('Pas assez de données\u202f: ')
  })

  test('a part of the rows is not short of rows where all of them are enough', () => {
    const some = report({ referenceRows: 2000, currentRows: 2000 })
    const rows = { reference: 50_000, current: 60_000 }
    expect(judgeRun({ report: some, figures: [], rowsMin: 5000, rows }).state).toBe('ok')
    const judged = judgeRun({ report: some, figures: [], rowsMin: 55_000, rows })
    expect(judged.state).toBe('not_enough_data')
    expect(judged.sentence.en).toContain('50,000 reference and 60,000 current rows, at least 55,000')
  })

  test('a broken bound has its severity, and is told with its value', () => {
    const figures = judgeFigures([accuracy(0.71)], [bound])
    const judged = judgeRun({ report: report(), figures, rowsMin: 100 })
    expect(judged).toEqual({
      state: 'warning',
      sentence: {
        en: 'No column drifts; accuracy 0.71 below 0.8',
        fr: 'Aucune colonne ne dérive\u202f; accuracy 0,71 sous 0,8',
      },
    })
  })

  test('what is measured is told in words, and one bound more is one', () => {
    const broken = (metric: string, column?: string): Measured => ({
      kind: 'quality',
      metric,
      column,
      value: 0.5,
      rows: 500,
    })
    const measured = [
      broken('missing_share', 'hours'),
      broken('new_values_share'),
      broken('rows'),
      broken('empty_columns'),
    ]
    const checks = measured.map(({ metric, column }) => ({
      kind: 'quality' as const,
      metric,
      column,
      max: 0.1,
      severity: 'alarm' as const,
    }))
    const { sentence } = judgeRun({ report: report(), figures: judgeFigures(measured, checks), rowsMin: 100 })
    expect(sentence.en).toBe(
      'No column drifts; share of missing values of hours 0.5 above 0.1; share of new values 0.5 above 0.1; number of rows 0.5 above 0.1; 1 more bound does not hold',
    )
    expect(sentence.fr).toContain('part de valeurs manquantes de hours 0,5 au-dessus de 0,1')
    expect(sentence.fr).toContain('1 autre borne ne tient pas')
  })

  test('a bound whose figure is not known breaks nothing, and is told', () => {
    const figures = judgeFigures([accuracy(Number.NaN)], [bound])
    expect(figures).toMatchObject([{ state: 'not_computed', value: null, min: 0.8 }])
    const { state, sentence } = judgeRun({ report: report(), figures, rowsMin: 100 })
    expect(state).toBe('ok')
    expect(sentence.en).toContain('1 bound could not be judged')
  })

  test('rows without a comparison are judged by bounds alone', () => {
    const figures = judgeFigures([accuracy(0.9)], [bound])
    const untested = report({ tested: 0, share: null, datasetDrift: null })
    expect(judgeRun({ report: untested, figures, rowsMin: 100 }).state).toBe('ok')
  })
})

describe('figures and their bounds', () => {
  test('those with bounds come first, a bound for which there is no figure too', () => {
    const checks = [bound, { ...bound, metric: 'rmse', max: 2 }]
    const figures = judgeFigures([{ ...accuracy(0.5), metric: 'f1' }, accuracy(0.8)], checks)
    expect(figures.map(({ metric, state }) => `${metric} ${state}`)).toEqual([
      'accuracy holds',
      'rmse not_computed',
      'f1 no_bound',
    ])
  })
})
