import { describe, expect, it } from 'vitest'
import { matchesMonitor, needsLook, orderMonitors } from './order-monitors.js'

const at = (day: number) => ({ at: `2026-11-0${day}T06:00:00.000Z` })
const monitors = [
  { name: 'calm', state: 'ok', open_findings: 0, last_report: at(5) },
  { name: 'new', open_findings: 0 },
  { name: 'short', state: 'not_enough_data', open_findings: 0, last_report: at(4) },
  { name: 'broken', state: 'failed', open_findings: 0, last_report: at(1) },
  { name: 'b-drift', state: 'alarm', open_findings: 0, last_report: at(3) },
  { name: 'a-drift', state: 'alarm', open_findings: 0, last_report: at(2) },
  { name: 'open', state: 'ok', open_findings: 1, last_report: at(1) },
  { name: 'uneasy', state: 'warning', open_findings: 0, last_report: at(1) },
] as const

const names = (items: readonly { readonly name: string }[]) => items.map(({ name }) => name)

describe('the order of monitors', () => {
  it('is by severity: what could not be told stands before what is calm', () => {
    expect(names(orderMonitors(monitors, 'severity'))).toEqual([
      'a-drift',
      'b-drift',
      'broken',
      'uneasy',
      'short',
      'new',
      'open',
      'calm',
    ])
  })

  it('is by name, or by the newest report', () => {
    expect(names(orderMonitors(monitors, 'name')).slice(0, 2)).toEqual(['a-drift', 'b-drift'])
    expect(names(orderMonitors(monitors, 'newest'))[0]).toBe('calm')
    expect(names(orderMonitors(monitors, 'newest')).at(-1)).toBe('new')
  })

  it('calls for a look at what alarms, fails or is open, not at what lacks data', () => {
    expect(names(monitors.filter(needsLook))).toEqual(['broken', 'b-drift', 'a-drift', 'open', 'uneasy'])
  })
})

describe('the filter of monitors', () => {
  const monitor = {
    name: 'monthly',
    project: 'churn',
    model: 'churn-rate',
    definition: { description: 'Usage of users' },
  }
  it('takes every word somewhere', () => {
    expect(matchesMonitor(monitor, 'USAGE rate')).toBe(true)
    expect(matchesMonitor(monitor, '')).toBe(true)
    expect(matchesMonitor(monitor, 'monthly iris')).toBe(false)
  })
})
