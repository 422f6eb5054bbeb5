import type { CheckResult, ValidationResult } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { type ReportContent, renderReport } from './render-report.js'

const hostile = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;\u202e\u0000`

const between = (column: string, found: Partial<CheckResult> = {}): CheckResult => ({
  expectation: {
    type: 'expect_column_values_to_be_between',
    kwargs: { column, min_value: 0, max_value: 10 },
    severity: 'critical',
  },
  success: false,
  element_count: 150,
  unexpected_count: 3,
  unexpected_sample: [99, 99, -1],
  ...found,
})

function contentOf(checks: readonly CheckResult[], more: Partial<ReportContent> = {}): ReportContent {
  const failing = checks.filter(({ success }) => !success)
  const failed = (severity: string) => failing.filter(({ expectation }) => expectation.severity === severity).length
  const validation: ValidationResult = {
    id: 'val_1',
    snapshot_id: 'snap_1',
    project: 'iris',
    dataset: 'iris',
    suite: 'declared',
    success: failing.length === 0,
    evaluated: checks.length,
    failed: failing.length,
    failed_by_severity: { critical: failed('critical'), warning: failed('warning'), info: failed('info') },
    not_evaluated: checks.filter(({ error }) => error !== undefined).length,
    checks: [...checks],
    created_at: '2026-11-21T06:31:47.000Z',
  }
  return {
    validation,
    snapshot: { content_hash: 'ab'.repeat(32), row_count: 150 },
    history: new Map(),
    language: 'en',
    writtenAt: new Date('2026-11-21T07:00:00.000Z'),
    bytesMax: 290_000,
    ...more,
  }
}

describe('renderReport', () => {
  test('escapes what comes from data, suites and names', () => {
    const check = between(hostile, {
      unexpected_sample: [hostile, { [hostile]: hostile }, null],
      observed: hostile,
      expectation: {
        type: 'expect_column_values_to_be_in_set',
        kwargs: { column: hostile, value_set: [hostile], row_condition: hostile },
        severity: 'warning',
        notes: hostile,
      },
    })
    const broken = between('a', { error: hostile })
    const content = contentOf([check, broken, { ...check, success: true }])
    const validation = {
      ...content.validation,
      project: hostile,
      dataset: hostile,
      suite: hostile,
      snapshot_id: hostile,
    }
    for (const language of ['en', 'fr'] as const) {
      const page = renderReport({ ...content, validation, language })
      expect(page).not.toMatch(/<script|<img/)
      expect(page).not.toContain('\u0000')
      expect(page).not.toContain('\u202e')
      expect(page).not.toMatch(/onerror='/)
      expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
      // Every attribute value is closed by the page itself.
      expect(page.match(/<[a-z][^>]*\son[a-z]+\s*=/g)).toBeNull()
    }
  })

  test('needs nothing but itself', () => {
    const page = renderReport(contentOf([between('a')]))
    expect(page).not.toMatch(/<(?:script|link|iframe|img|object|embed|form|base)\b/i)
    expect(page).not.toMatch(/(?:src|href)=|url\(|@import|https?:\/\//i)
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
  })

  test('a thousand failing expectations stay below the bound, and what is left out is counted', () => {
    const value = 'x'.repeat(200)
    const points = Array.from({ length: 50 }, (_, index) => ({
      validation_id: `val_${index}`,
      snapshot_id: `snap_${index}`,
      created_at: '2026-11-21T06:31:47.000Z',
      success: index % 3 > 0,
      is_evaluated: index % 5 > 0,
    }))
    const checks = Array.from({ length: 1000 }, (_, index) =>
      between(`${value}${index}`, {
        success: index % 2 > 0,
        unexpected_sample: Array.from({ length: 20 }, (_item, item) => `${item}${value}`),
      }),
    )
    const history = new Map(checks.map((_check, place) => [place, points]))
    for (const language of ['en', 'fr'] as const) {
      const page = renderReport(contentOf(checks, { history, language }))
      expect(Buffer.byteLength(page)).toBeLessThan(290_000)
      expect(Buffer.byteLength(page)).toBeGreaterThan(200_000)
      const shown = (page.match(/<article|<th scope="row"/g) ?? []).length
      const [left] = /(?:Left out|Laissées de côté)[^<]*/.exec(page) ?? ['']
      const counts = (left.match(/\d+/g) ?? []).map(Number)
      expect(counts[0]).toBeGreaterThan(0)
      expect(shown + (counts[0] ?? 0) + (counts[1] ?? 0)).toBe(1000)
    }
  })

  test('a wide suite that holds is shown whole', () => {
    const checks = Array.from({ length: 300 }, (_, index) => between(`column_${index}`, { success: true }))
    const page = renderReport(contentOf(checks))
    expect(page.match(/<th scope="row"/g)).toHaveLength(300)
    expect(page).not.toContain('Left out')
  })

  test.each([
    ['passed', [between('a', { success: true, unexpected_count: 0 })], 'Everything holds'],
    ['blocked', [between('a')], 'Blocked'],
    [
      'warned',
      [{ ...between('a'), expectation: { ...between('a').expectation, severity: 'warning' } }],
      'with warnings',
    ],
    ['blocked', [between('a', { error: 'Column a is not in the table' })], 'Blocked'],
    ['empty', [], 'Nothing was expected'],
  ] as const)('says %s of %#', (verdict, checks, text) => {
    const page = renderReport(contentOf(checks))
    expect(page).toContain(`class="verdict ${verdict}"`)
    expect(page).toContain(text)
  })

  test('what was not evaluated is never shown as holding', () => {
    const page = renderReport(contentOf([between('a', { error: 'Column a is not in the table' })]))
    expect(page).toContain('<li class="passed zero"><b>0</b>hold</li>')
    expect(page).toContain('<li class="unknown"><b>1</b>not evaluated</li>')
    expect(page).toContain('critical · not evaluated')
    expect(page).not.toContain('What holds')
  })

  test('rows without a value are left out of what was looked at', () => {
    const page = renderReport(contentOf([between('a', { element_count: 100, missing_count: 50, unexpected_count: 3 })]))
    expect(page).toContain('3 of 100 rows (3%)')
    expect(page).toContain('50 without a value')
  })

  test('writes French numbers, dates and words', () => {
    const check = between('a', { element_count: 1_234_567, unexpected_count: 12_345 })
    const page = renderReport(contentOf([check], { language: 'fr' }))
    expect(page).toContain('<html lang="fr">')
    expect(page).toContain('12\u202f345 sur 1\u202f234\u202f567 lignes')
    expect(page).toContain('21 novembre 2026')
    expect(page).toContain('est entre <b>0</b> et <b>10</b>')
  })
})
