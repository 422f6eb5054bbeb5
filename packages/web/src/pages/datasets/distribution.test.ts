import type { ColumnProfile } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { densities, shownTop } from './distribution.js'

const profile = (part: Partial<ColumnProfile>): ColumnProfile => ({
  name: 'x',
  type: 'number',
  count: 10,
  missing: 0,
  distinct: 5,
  distinct_is_exact: true,
  ...part,
})

describe('shownTop', () => {
  test('gives shares of the rows that have a value', () => {
    const found = shownTop(
      profile({
        top: [
          { value: 'a', count: 5 },
          { value: 'b', count: 1 },
        ],
      }),
      1,
    )
    expect(found).toEqual([{ value: 'a', count: 5, share: 0.5 }])
    expect(shownTop(profile({ count: 0, top: [{ value: 'a', count: 0 }] }), 3)[0]?.share).toBe(0)
  })
})

describe('densities', () => {
  test('puts both on the same axes, whatever their bins and sizes', () => {
    const base = profile({ histogram: { edges: [0, 1, 2], counts: [1, 1] } })
    const head = profile({ histogram: { edges: [1, 2, 3, 4], counts: [100, 100, 100] } })
    const drawn = densities(base, head)
    expect(drawn).toMatchObject({ min: 0, max: 4, isTime: false })
    // The shares of each bin of one unit: 1/2 and 1/3 of the highest density, 1/2.
    expect(drawn?.base).toBe('M0.00 40V0.00H25.00V0.00H50.00V40Z')
    expect(drawn?.head).toBe('M25.00 40V13.33H50.00V13.33H75.00V13.33H100.00V40Z')
  })

  test('understands moments, and refuses what has no axis', () => {
    const days = profile({ type: 'date', histogram: { edges: ['2026-01-01', '2026-01-03'], counts: [4] } })
    expect(densities(days, days)).toMatchObject({ min: Date.parse('2026-01-01'), isTime: true })
    expect(densities(profile({}), days)).toBeUndefined()
    const one = profile({ histogram: { edges: [3, 3], counts: [4] } })
    expect(densities(one, one)).toBeUndefined()
  })
})
