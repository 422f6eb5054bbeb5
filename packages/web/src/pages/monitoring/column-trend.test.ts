import type { ColumnTrend } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { isOneMethod, missingLine, scoreLines } from './column-trend.js'

type Point = ColumnTrend['points'][number]
const point = (second: number, given: Partial<Point> = {}): Point => ({
  report_id: `drift_${second}`,
  at: new Date(second * 1000).toISOString(),
  state: 'tested',
  method: 'psi',
  score: 0.1,
  threshold: 0.2,
  drift: false,
  missing_share: 0.25,
  ...given,
})

describe('a column over the reports', () => {
  it('has gaps where it could not be tested', () => {
    const untested = point(2, { score: null, threshold: null, method: null, state: 'not_enough_data' })
    expect(scoreLines([point(1), untested], 'score', 'threshold').map(({ ys }) => ys)).toEqual([
      [0.1, null],
      [0.2, null],
    ])
    expect(scoreLines([untested], 'score', 'threshold')).toHaveLength(1)
    expect(isOneMethod([point(1), untested])).toBe(true)
    expect(isOneMethod([point(1), point(2, { method: 'ks' })])).toBe(false)
  })

  it('tells the missing share in percent, once for each moment', () => {
    expect(missingLine([point(2), point(1), point(1, { missing_share: null })], 'missing')).toMatchObject({
      xs: [1, 2],
      ys: [null, 25],
    })
  })
})
