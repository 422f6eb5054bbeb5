import type { CheckResult } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { limit } from '../../kernel/index.js'
import { boundChecks, cutValue } from './bound-checks.js'

const check = (found: Partial<CheckResult>): CheckResult => ({
  expectation: { type: 'expect_column_values_to_be_unique', kwargs: { column: 'a' }, severity: 'critical' },
  success: false,
  unexpected_count: 7,
  element_count: 9,
  ...found,
})

describe('boundChecks', () => {
  test('leaves what is small as it is', () => {
    const checks = [check({ observed: { a: [1, null] }, unexpected_sample: ['x', 2, null] })]
    expect(boundChecks(checks)).toEqual(checks)
  })

  test('cuts long texts and says how long they were', () => {
    const [cut] = boundChecks([check({ unexpected_sample: ['é'.repeat(100_000)] })])
    const chars = limit('validation.value_chars_max')
    expect(cut?.unexpected_sample).toEqual([`${'é'.repeat(chars)}… (100000 characters)`])
  })

  test('keeps the counts of every check below the bound of all', () => {
    const sample = Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(190, 'x'))
    const checks = Array.from({ length: 5_000 }, () => check({ unexpected_sample: sample, observed: sample }))
    const bounded = boundChecks(checks)
    expect(bounded).toHaveLength(5_000)
    expect(bounded.every(({ unexpected_count }) => unexpected_count === 7)).toBe(true)
    const evidence = bounded.map(({ observed, unexpected_sample }) => [observed, unexpected_sample])
    expect(Buffer.byteLength(JSON.stringify(evidence))).toBeLessThan(limit('validation.evidence_bytes_max') * 1.2)
    expect(bounded[0]?.unexpected_sample).toHaveLength(3)
    expect(bounded.at(-1)).not.toHaveProperty('unexpected_sample')
  })

  test('replaces what PostgreSQL cannot keep in JSON', () => {
    const [cut] = boundChecks([check({ unexpected_sample: ['a\u0000b', '\ud800'] })])
    expect(cut?.unexpected_sample).toEqual(['a\u2400b', '\ufffd'])
  })
})

test('cutValue cuts lists inside lists', () => {
  expect(cutValue([[1, 2, 3], { in: ['abcdef'] }], 3, 2)).toEqual([
    [1, 2, '… (1 more)'],
    { in: ['abc… (6 characters)'] },
  ])
})
