import { describe, expect, it } from 'vitest'
import { groupByDay } from './group-by-day.js'

const at = (day: number, hour: number) => ({ at: new Date(2026, 10, day, hour).toISOString() })

describe('a timeline', () => {
  it('stands by day of the reader, in its order', () => {
    expect(
      groupByDay([at(22, 23), at(22, 0), at(21, 23), at(20, 1)]).map(({ day, entries }) => [day, entries.length]),
    ).toEqual([
      ['2026-11-22', 2],
      ['2026-11-21', 1],
      ['2026-11-20', 1],
    ])
    expect(groupByDay([])).toEqual([])
  })
})
