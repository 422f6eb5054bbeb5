import { expect, test } from 'vitest'
import { isCron, lastDue } from './cron.js'

test.each(['* * * * *', '0 6 1 * *', '*/15 0-6,12 * jan-mar MON', '59 23 31 12 7', ' 0  0 * * 0 '])(
  '%s is one',
  (text) => {
    expect(isCron(text)).toBe(true)
  },
)

test.each([
  '',
  '* * * *',
  '* * * * * *',
  '60 * * * *',
  '0 24 * * *',
  '0 0 0 * *',
  '0 0 * 13 *',
  '5-1 * * * *',
  '*/0 * * * *',
  'a * * * *',
  '1.5 * * * *',
])('%s is none', (text) => {
  expect(isCron(text)).toBe(false)
})

// 2026-11-21 is a Saturday.
test.each([
  ['* * * * *', '2026-11-21T06:31:47Z', '2026-11-21T06:31:00Z'],
  ['0 6 * * *', '2026-11-21T05:59:59Z', '2026-11-20T06:00:00Z'],
  ['0 6 * * *', '2026-11-21T05:59:59.999Z', '2026-11-20T06:00:00Z'],
  ['0 6 * * *', '2026-11-21T06:00:00Z', '2026-11-21T06:00:00Z'],
  ['0 6 * * *', '2026-11-21T06:00:00.001Z', '2026-11-21T06:00:00Z'],
  ['*/15 * * * *', '2026-11-21T00:14:00Z', '2026-11-21T00:00:00Z'],
  ['5/20 8 * * *', '2026-11-21T09:00:00Z', '2026-11-21T08:45:00Z'],
  ['0 0 1 * *', '2026-11-21T06:31:47Z', '2026-11-01T00:00:00Z'],
  ['0 0 31 * *', '2026-11-21T06:31:47Z', '2026-10-31T00:00:00Z'],
  ['0 0 29 2 *', '2026-11-21T06:31:47Z', '2024-02-29T00:00:00Z'],
  ['30 4 * * mon-fri', '2026-11-21T06:31:47Z', '2026-11-20T04:30:00Z'],
  ['0 0 * * 7', '2026-11-21T06:31:47Z', '2026-11-15T00:00:00Z'],
  ['0 0 * * 0', '2026-11-21T06:31:47Z', '2026-11-15T00:00:00Z'],
  // Either the 13th or a Friday.
  ['0 0 13 * fri', '2026-11-21T06:31:47Z', '2026-11-20T00:00:00Z'],
  ['59 23 31 12 *', '2026-01-01T00:00:00Z', '2025-12-31T23:59:00Z'],
])('%s was last due before %s at %s', (text, until, due) => {
  expect(lastDue(text, { after: new Date(0), until: new Date(until) })).toEqual(new Date(due))
})

test('what was due no later than the last time is not due again, and a day that never comes never is', () => {
  const until = new Date('2026-11-21T06:31:47Z')
  const due = new Date('2026-11-21T06:00:00Z')
  expect(lastDue('0 6 * * *', { after: due, until })).toBeUndefined()
  expect(lastDue('0 6 * * *', { after: new Date(due.getTime() - 1), until })).toEqual(due)
  expect(lastDue('0 0 31 2 *', { after: new Date(0), until })).toBeUndefined()
})
