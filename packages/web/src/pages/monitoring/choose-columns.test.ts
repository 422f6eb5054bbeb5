import type { ReportColumn } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { chooseColumns, levelOf, missingShare } from './choose-columns.js'

const column = (name: string, given: Partial<ReportColumn>): ReportColumn => ({
  name,
  role: 'feature',
  type: 'num',
  state: 'tested',
  method: 'ks',
  method_title: null,
  score: 0.1,
  threshold: 0.2,
  drift: false,
  broken: false,
  reference_rows: 100,
  current_rows: 90,
  missing: { reference: 0, current: 0 },
  sentence: '',
  ...given,
})

const columns = [
  column('age', { drift: true }),
  column('Plan', { drift: null, broken: true, state: 'missing_column' }),
  column('comment', { drift: null, state: 'not_enough_data' }),
  column('usage', { missing: { reference: 0, current: 10 } }),
]
const names = (found: readonly ReportColumn[]) => found.map(({ name }) => name)

describe('the columns of a report', () => {
  it('that broke are looked at as those that drift; what was not tested is no drift and not calm', () => {
    expect(columns.map(levelOf)).toEqual(['drift', 'drift', 'untested', 'calm'])
  })

  it('keep the order of the report unless another is asked for', () => {
    expect(names(chooseColumns(columns, {}))).toEqual(['age', 'Plan', 'comment', 'usage'])
    expect(names(chooseColumns(columns, { sort: 'name' }))).toEqual(['age', 'comment', 'Plan', 'usage'])
    expect(names(chooseColumns(columns, { sort: 'missing' }))[0]).toBe('usage')
    expect(names(chooseColumns(columns, { find: ' PLA', show: 'drift' }))).toEqual(['Plan'])
    expect(names(chooseColumns(columns, { show: 'untested' }))).toEqual(['comment'])
  })

  it('miss a share of all rows of a side, and none where there are no rows', () => {
    expect(missingShare(column('a', { missing: { reference: 1, current: 10 } }), 'current')).toBe(0.1)
    expect(missingShare(column('a', { current_rows: 0 }), 'current')).toBeUndefined()
  })
})
