import { stripVTControlCharacters } from 'node:util'
import type { CheckResult, ValidationResult } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { describeValidation } from './describe-validation.js'

const check = (column: string, found: Partial<CheckResult>): CheckResult => ({
  expectation: { type: 'expect_column_values_to_not_be_null', kwargs: { column }, severity: 'critical' },
  success: false,
  ...found,
})

function shown(checks: CheckResult[], language: 'en' | 'fr' = 'en'): string {
  const failing = checks.filter(({ success }) => !success)
  const failed = (severity: string) => failing.filter(({ expectation }) => expectation.severity === severity).length
  const validation: ValidationResult = {
    id: 'val_1',
    snapshot_id: 'snap_1',
    project: 'p',
    dataset: 'd',
    suite: 'declared',
    success: failing.length === 0,
    evaluated: checks.length,
    failed: failing.length,
    failed_by_severity: { critical: failed('critical'), warning: failed('warning'), info: failed('info') },
    not_evaluated: 0,
    checks,
    created_at: '2026-11-21T06:31:47.000Z',
  }
  return stripVTControlCharacters(describeValidation(validation, language))
}

describe('describeValidation', () => {
  test('tells what does not hold, how often, and with which values', () => {
    const found = { unexpected_count: 1200, element_count: 5000, unexpected_sample: ['a', null, 3] }
    expect(shown([check('size', found), check('kind', { success: true })])).toBe(
      [
        '✖ Suite declared: 1 of 2 expectations holds',
        '  critical  expect_column_values_to_not_be_null size',
        '      1,200 of 5,000 rows, as "a", null, 3',
        '  1 critical, 0 warnings, 0 info',
        '  What follows is blocked',
        '',
      ].join('\n'),
    )
  })

  test('says what could not be evaluated', () => {
    expect(shown([check('size', { error: 'Column size is not in the table' })])).toContain(
      'not evaluated: Column size is not in the table',
    )
  })

  test('what holds is one line', () => {
    expect(shown([check('size', { success: true })], 'fr')).toBe(
      '✔ Suite declared\u202f: 1 attente sur 1 est respectée\n',
    )
  })

  test('data cannot write to the terminal', () => {
    const hostile = '\u001b[2J\u0007\r'
    const text = shown([check(hostile, { unexpected_count: 1, element_count: 1, unexpected_sample: [hostile] })])
    // The lines are ours; nothing else controls the terminal.
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })
})
