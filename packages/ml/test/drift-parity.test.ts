import { readFileSync } from 'node:fs'
import { type ColumnPair, categoryCounts, compareColumn, driftSettings, numberSample } from '@fabrique/ml/drift'
import { describe, expect, test } from 'vitest'
import { type Recipe, sampleOf } from './drift-samples.js'

interface Expected {
  readonly method: string
  readonly score: number
  readonly threshold: number
  readonly drift: boolean
}
interface Case {
  readonly name: string
  readonly type: 'num' | 'cat' | 'text'
  readonly reference: Recipe
  readonly current: Recipe
  readonly default: Expected
  readonly scores: readonly Expected[]
}

/** What the real Evidently 0.7.21 gave: test/conformance/drift_cases.py. */
const { cases } = JSON.parse(readFileSync(new URL('./parity/drift.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[]
}

function pairOf({ type, reference, current }: Case): ColumnPair {
  const [a, b] = [sampleOf(reference), sampleOf(current)]
  if (type === 'num') {
    // The samples are of integers where the recipe makes nothing else.
    const isWhole = [...reference, ...current].every(([kind]) => kind === 'integers')
    return {
      kind: 'num',
      reference: numberSample(Float64Array.from(a, Number)),
      current: numberSample(Float64Array.from(b, Number)),
      isWhole,
    }
  }
  const [texts, others] = [a.map(String), b.map(String)]
  if (type === 'cat') return { kind: 'cat', reference: categoryCounts(texts), current: categoryCounts(others) }
  const sample = (values: readonly string[]) => ({ texts: values, rows: values.length, missing: 0 })
  return { kind: 'text', reference: sample(texts), current: sample(others) }
}

/** Tails of distributions are worked out in another way than scipy does: eight digits, or the smallness that no decision depends on. */
function expectScore(actual: number | null, { method, score: expected }: Expected): void {
  // Evidently counts the orders of few rows in 32-bit numbers.
  const share = method === 'cramer_von_mises' ? 1e-7 : 1e-8
  const difference = Math.abs((actual ?? Number.NaN) - expected)
  expect(difference <= share * Math.abs(expected) + 1e-13 || { method, actual, expected }).toBe(true)
}

describe('scores and decisions are those of Evidently', () => {
  test('there are cases enough', () => expect(cases.length).toBeGreaterThanOrEqual(30))

  test.each(cases)('$name', async (one) => {
    const settings = driftSettings('evidently')
    const found = await compareColumn({ name: 'x', pair: pairOf(one) }, settings)
    expect([found.method, found.drift]).toEqual([one.default.method, one.default.drift])
    if (one.type !== 'text') {
      expectScore(found.score, one.default)
      expect(found.threshold).toBe(one.default.threshold)
    }
    for (const expected of one.scores) {
      const named = await compareColumn({ name: 'x', pair: pairOf(one), method: expected.method }, settings)
      expect({ method: expected.method, drift: named.drift }).toEqual({
        method: expected.method,
        drift: expected.drift,
      })
      if (one.type !== 'text') expectScore(named.score, expected)
    }
  })
})
