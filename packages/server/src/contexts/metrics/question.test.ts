import { MetricsQuery } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { labelsOf, questionOf, readingOf } from './question.js'
import { expressionOf } from './read-prometheus.js'

const now = new Date('2026-03-01T12:00:07Z')
const asked = (query: object) => questionOf(MetricsQuery.parse({ name: 'm_total', ...query }), now)
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString()

describe('a question', () => {
  test('is of the last hour, in steps that begin where people expect them', () => {
    const { steps, level } = asked({})
    expect([steps.seconds, level]).toEqual([15, 5])
    expect(new Date(steps.from * 1000).toISOString()).toBe('2026-03-01T11:00:00.000Z')
    expect(steps.from + steps.count * steps.seconds).toBeGreaterThanOrEqual(now.getTime() / 1000)
  })

  test.each([
    [900, 5, 5],
    [7200, 30, 5],
    [86_400, 300, 60],
    [7 * 86_400, 3600, 900],
    [90 * 86_400, 43_200, 900],
  ])('of %i seconds has steps of %i s of what is kept every %i s', (seconds, step, level) => {
    const found = asked({ from: ago(seconds) })
    expect([found.steps.seconds, found.level]).toEqual([step, level])
  })

  test('reads no finer than what is kept, and no finer than its steps need', () => {
    expect(asked({ from: ago(3 * 3600), step_s: 10 })).toMatchObject({ level: 60, steps: { seconds: 60 } })
    expect(asked({ from: ago(3600), step_s: 900 })).toMatchObject({ level: 900, steps: { count: 5 } })
  })

  test.each([
    [{ from: ago(-60) }, 'to'],
    [{ from: ago(7000), step_s: 1, to: ago(-100_000) }, 'step_s'],
    [{ labels: 'handler' }, 'labels'],
    [{ labels: '9=x' }, 'labels'],
    [{ labels: 'a"}=x' }, 'labels'],
    [{ aggregate: 'sum', by: 'model) (secret{}) or sum by (x' }, 'by'],
    [{ by: 'model, 9' }, 'by'],
    [{ by: 'modèle' }, 'by'],
  ])('%j is refused', (query, field) => {
    expect(() => asked(query)).toThrowError(expect.objectContaining({ code: 'invalid_request', field }))
  })

  test('names labels, of which a value may have a comma', () => {
    expect(labelsOf('handler=/predict, method=POST')).toEqual({ handler: '/predict', method: 'POST' })
    expect(labelsOf('a=x\\,y,b==')).toEqual({ a: 'x,y', b: '=' })
    expect(labelsOf(' ')).toEqual({})
  })

  test('asks of a kind what it has', () => {
    expect(readingOf('gauge', asked({}))).toBe('value')
    expect(readingOf('histogram', asked({ read: 'rate' }))).toBe('rate')
    expect(() => readingOf('gauge', asked({ read: 'rate' }))).toThrowError(
      expect.objectContaining({ code: 'invalid_request', field: 'read' }),
    )
  })
})

test.each([
  [
    'gauge',
    { read: 'max', aggregate: 'avg', by: 'model, instance', step_s: 5 },
    'avg by (model, instance) (max_over_time(m_total{}[5s]))',
  ],
  ['counter', { read: 'rate', labels: 'a=x"y', step_s: 5 }, 'rate(m_total{a="x\\"y"}[30s])'],
  ['counter', { read: 'increase', aggregate: 'sum', step_s: 60 }, 'sum by () (increase(m_total{}[60s]))'],
  ['histogram', { read: 'rate', step_s: 60 }, 'rate(m_total_count{}[60s])'],
  [
    'histogram',
    { read: 'quantile', quantile: 0.5, aggregate: 'sum', by: 'model', step_s: 60 },
    'histogram_quantile(0.5, sum by (model, le) (rate(m_total_bucket{}[60s])))',
  ],
] as const)('a %s is asked of Prometheus by %j', (kind, query, expected) => {
  const question = asked({ from: ago(600), ...query })
  expect(expressionOf({ ...question, read: readingOf(kind, question) }, kind)).toBe(expected)
})

test('who is limited to some models asks Prometheus for no other', () => {
  const question = asked({ read: 'rate', step_s: 60 })
  expect(expressionOf({ ...question, read: 'rate' }, 'counter', new Set(['a.b', 'c']))).toBe(
    'rate(m_total{model=~"|a\\\\.b|c"}[60s])',
  )
})
