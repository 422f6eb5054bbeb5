import { describe, expect, it } from 'vitest'
import { readCalibrationCurves, readGoal, readPositive } from './read-decision.js'

describe('readGoal', () => {
  it('reads a threshold as a run has it', () => {
    expect(readGoal('f1')).toEqual({ goal: 'f1', numbers: [] })
    expect(readGoal('cost:1:2.5')).toEqual({ goal: 'cost', numbers: ['1', '2.5'] })
    expect(readGoal('0.35')).toEqual({ goal: 'fixed', numbers: ['0.35'] })
    for (const text of [undefined, '', 'luck']) expect(readGoal(text).goal).toBe('')
  })
})

describe('readPositive', () => {
  it('is the class of the report, and none of what is no report', () => {
    expect(readPositive('{"threshold":0.3,"positive":"yes"}')).toBe('yes')
    for (const text of [undefined, '', '{', '[]', 'null', '{"positive":1}']) expect(readPositive(text)).toBeUndefined()
  })
})

describe('readCalibrationCurves', () => {
  const words = { before: 'Before', after: 'After' }
  const curve = [{ name: 'yes', x: [0.1, 0.9], y: [0.2, 0.8], rows: [3, 4] }]
  const before = JSON.stringify({ method: 'sigmoid', curve_before: curve })

  it('tells the curves apart by their names', () => {
    const found = readCalibrationCurves({ before, after: JSON.stringify(curve) }, words)
    expect(found?.before.map(({ name, ys }) => [name, ys])).toEqual([['yes, before', [0.2, 0.8]]])
    expect(found?.after.map(({ name }) => name)).toEqual(['yes, after'])
  })

  it('is nothing where one of both is missing or has another form', () => {
    const after = JSON.stringify(curve)
    for (const texts of [
      { before, after: undefined },
      { before: undefined, after },
      { before: '{"method":"isotonic"}', after },
      { before: '{"curve_before":[]}', after },
      { before, after: '{' },
    ])
      expect(readCalibrationCurves(texts, words)).toBeUndefined()
  })
})
