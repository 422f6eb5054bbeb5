import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { momentsBetween, newestMoments, nextMoment, scheduleFault } from './moments.js'

const cases = z
  .array(
    z.object({
      cron: z.string(),
      timezone: z.string(),
      from: z.string(),
      to: z.string(),
      moments: z.array(z.string()),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('./cases/moments.json', import.meta.url), 'utf8')))

const iso = (moments: readonly Date[]) => moments.map((moment) => moment.toISOString())
const range = (from: string, to: string, max = 1_000_000) => ({ from: new Date(from), to: new Date(to), max })

/** The table was made by cases/moments.py, which shares nothing with the code: it looks at each second of Python's time zones. */
describe('moments of cron expressions', () => {
  for (const { cron, timezone, from, to, moments } of cases) {
    test(`${cron} in ${timezone} from ${from}`, () => {
      expect(iso(momentsBetween({ cron, timezone }, range(from, to)))).toEqual(moments)
    })

    test(`${cron} in ${timezone} backwards from ${to}`, () => {
      for (const max of [1, 3]) {
        expect(iso(newestMoments({ cron, timezone }, range(from, to, max)))).toEqual(moments.slice(-max))
      }
    })
  }

  test('a moment between two is followed by the second', () => {
    const next = nextMoment({ cron: '*/5 * * * *', timezone: 'UTC' }, new Date('2026-11-21T06:31:47.250Z'))
    expect(next?.toISOString()).toBe('2026-11-21T06:35:00.000Z')
  })

  test('every hour over a year has as many moments as hours', () => {
    const all = momentsBetween(
      { cron: '0 * * * *', timezone: 'Europe/Paris' },
      range('2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'),
    )
    expect(all).toHaveLength(365 * 24)
  })
})

describe('moments of other schedules', () => {
  const timezone = 'UTC'

  test('an interval is counted from its anchor, or from 1970', () => {
    const day = range('2026-11-21T06:31:47Z', '2026-11-21T06:33:00Z')
    expect(iso(momentsBetween({ every_ms: 30_000, timezone }, day))).toEqual([
      '2026-11-21T06:32:00.000Z',
      '2026-11-21T06:32:30.000Z',
    ])
    expect(iso(momentsBetween({ every_ms: 30_000, anchor: '2026-11-21T06:40:07Z', timezone }, day))).toEqual([
      '2026-11-21T06:32:07.000Z',
      '2026-11-21T06:32:37.000Z',
    ])
  })

  test('a range begins with its first moment and ends before its last', () => {
    const minute = range('2026-11-21T06:31:00Z', '2026-11-21T06:32:00Z')
    expect(iso(momentsBetween({ every_ms: 60_000, timezone }, minute))).toEqual(['2026-11-21T06:31:00.000Z'])
    expect(iso(momentsBetween({ at: '2026-11-21T06:31:00Z', timezone }, minute))).toEqual(['2026-11-21T06:31:00.000Z'])
    expect(iso(momentsBetween({ at: '2026-11-21T06:32:00Z', timezone }, minute))).toEqual([])
  })

  test('the newest of a year of seconds are found at once', () => {
    const year = range('2025-11-21T06:31:47Z', '2026-11-21T06:31:47Z', 2)
    expect(iso(newestMoments({ cron: '* * * * * *', timezone: 'Europe/Paris' }, year))).toEqual([
      '2026-11-21T06:31:45.000Z',
      '2026-11-21T06:31:46.000Z',
    ])
  })
})

test('a schedule that can start nothing tells why', () => {
  const now = new Date('2026-11-21T06:31:47Z')
  const fault = (cron: string, timezone = 'UTC') => scheduleFault({ cron, timezone }, now)
  expect(fault('0 6 1 * *', 'Europe/Paris')).toBeUndefined()
  expect(fault('0 6 1 * *', 'Mars/Olympus')).toMatch(/Mars\/Olympus is not the IANA name/)
  expect(fault('0 6 1 *')).toMatch(/five or six fields/)
  expect(fault('@daily')).toMatch(/five or six fields/)
  expect(fault('61 6 1 * *')).toMatch(/61 6 1 \* \* is not a cron expression: .*minute/)
  expect(fault('0 6 30 2 *')).toMatch(/has no moment/)
  expect(scheduleFault({ at: '2020-01-01T00:00:00Z', timezone: 'UTC' }, now)).toBeUndefined()
})
