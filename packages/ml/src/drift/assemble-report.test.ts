import { expect, test } from 'vitest'
import { assembleReport } from './assemble-report.js'
import { driftSettings, untestedColumn } from './column-drift.js'
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
  const size = { reference: 5, current: 1 }
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
    'Drift: 1 of 2 tested columns drifts (the data counts as drifted from 50% on), on 100 reference and 100 current rows; 1 is no more what it was; 1 not tested',
  )
})
