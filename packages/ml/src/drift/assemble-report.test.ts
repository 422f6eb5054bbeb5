import { expect, test } from 'vitest'
import { assembleReport } from './assemble-report.js'
import { driftSettings, untestedColumn } from './column-drift.js'
import type { Untested } from './describe-drift.js'
import type { ColumnDrift } from './model.js'

const tested = (name: string, pValue: number, effect = 1): ColumnDrift => ({
  name,
  type: 'num',
  state: 'tested',
  method: 'anderson_darling',
  score: pValue,
  threshold: 0.05,
  drift: pValue <= 0.05,
  referenceRows: 100,
  currentRows: 100,
  missing: { reference: 0, current: 0 },
  broken: false,
  calibration: { pValue, adjusted: pValue, effect, effectMin: 0.005 },
  why: { en: '', fr: '' },
})
const rows = { referenceRows: 100, currentRows: 100 }

test('probabilities are adjusted for all columns (values of scipy.stats.false_discovery_control)', () => {
  const columns = [0.01, 0.04, 0.03, 0.005, 0.55].map((p, index) => tested(`c${index}`, p))
  const report = assembleReport({ columns, ...rows }, driftSettings('calibrated'))
  const adjusted = report.columns.map(({ score }) => score ?? Number.NaN)
  for (const [index, value] of [0.025, 0.05, 0.05, 0.025, 0.55].entries())
    expect(adjusted[index]).toBeCloseTo(value, 12)
  expect(report.columns.map(({ calibration }) => calibration?.pValue)).toEqual([0.01, 0.04, 0.03, 0.005, 0.55])
  expect([report.drifted, report.datasetDrift]).toEqual([4, true])
})

test('a difference too small to matter is no alarm, and is said to be', () => {
  const { columns } = assembleReport({ columns: [tested('x', 1e-9, 0.001)], ...rows }, driftSettings('calibrated'))
  expect(columns[0]?.drift).toBe(false)
  expect(columns[0]?.why.en).toContain('too small to matter')
})

test('columns without a decision count in no share; where all are, nothing is said', () => {
  const size = { reference: 1, current: 1 }
  const few = untestedColumn('few', 'num', { state: 'not_enough_data', rows: size, rowsMin: 2 }, size)
  const settings = driftSettings('evidently')
  expect(assembleReport({ columns: [few], ...rows }, settings)).toMatchObject({
    datasetDrift: null,
    share: null,
    broken: 0,
  })
  const gone = untestedColumn('gone', 'num', { state: 'missing_column', side: 'current' }, size)
  const report = assembleReport({ columns: [few, gone, tested('a', 0.01), tested('b', 0.5)], ...rows }, settings)
  expect(report).toMatchObject({ tested: 2, drifted: 1, share: 0.5, datasetDrift: true, broken: 1 })
  expect(report.why.en).toBe(
    '1 column could not be compared as it should. Drift: 1 of 2 tested columns drifts (the data counts as drifted from 50% on), on 100 reference and 100 current rows; 1 not tested',
  )
})

const full = { reference: 400, current: 400 }
const no = { state: 'not_testable' } as const

test.each<[Untested, boolean]>([
  [{ ...no, reason: 'unreadable_numbers' }, true],
  [{ ...no, reason: 'too_many_labels' }, true],
  [{ ...no, reason: 'method_refuses', method: 'g_test' }, true],
  [{ ...no, reason: 'method_type', method: 'ks', type: 'cat' }, true],
  [{ ...no, reason: 'huge_numbers', method: 'wasserstein' }, true],
  [{ ...no, reason: 'time', type: 'num', isAsked: true }, true],
  [{ ...no, reason: 'nested', isAsked: true }, true],
  [{ ...no, reason: 'time' }, false],
  [{ ...no, reason: 'nested' }, false],
  [{ state: 'not_enough_data', rows: { reference: 400, current: 3 }, rowsMin: 20 }, true],
  [{ state: 'not_enough_data', rows: { reference: 4, current: 3 }, rowsMin: 20 }, false],
  [{ state: 'no_values', rows: { reference: 0, current: 3 } }, true],
  [{ state: 'no_values', rows: { reference: 0, current: 0 } }, false],
  [{ state: 'type_changed', from: 'number', to: 'text' }, true],
])('a column that should have been compared and was not is broken: %o, %s', (why, broken) => {
  const columns = [untestedColumn('x', 'num', why, full), tested('calm', 0.5)]
  const report = assembleReport({ columns, ...rows }, driftSettings('evidently'))
  expect([report.columns[0]?.broken, report.broken, report.datasetDrift]).toEqual([broken, broken ? 1 : 0, false])
  expect(report.why.en.startsWith('1 column could not be compared')).toBe(broken)
  expect(report.why.fr.startsWith('1 colonne n’a pas pu être comparée')).toBe(broken)
})

test('no share is reached without a column that drifts', () => {
  const report = assembleReport({ columns: [tested('calm', 0.5)], ...rows, shareMin: 0 }, driftSettings('evidently'))
  expect(report.datasetDrift).toBe(false)
})

test('types are told in the language of the sentence', () => {
  const { why } = untestedColumn('x', 'num', { state: 'type_changed', from: 'number', to: 'text' }, full)
  expect(why.en).toBe('The type changed from number to text: they cannot be compared')
  expect(why.fr).toContain('nombre')
  expect(why.fr).not.toMatch(/number|text\b/)
})
