import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { encodeLabels } from '../data/class-labels.js'
import { table, textColumn } from '../data/table.js'
import type { EmbeddingDriftMethod } from '../drift/vector-methods.js'
import { type ClassifiedRows, classificationPerformance } from './classification-performance.js'
import { correlateCategories, correlateNumbers } from './correlations.js'
import { embeddingDrift } from './embedding-drift.js'
import { evidentlyDataDrift, evidentlyMethods } from './evidently-drift.js'
import { evidentlyFigures } from './evidently-figures.js'
import type { EvidentlyReport } from './evidently-json.js'
import { evidentlyClassification, evidentlyRegression } from './evidently-performance.js'
import { evidentlyDataSummary } from './evidently-summary.js'
import { rankingPerformance } from './ranking-performance.js'
import { regressionPerformance } from './regression-performance.js'
import { profileWholeTable } from './table-quality.js'

type Columns = Record<string, (number | string | null)[]>

interface ReportCase {
  readonly name: string
  readonly current: Columns
  readonly reference: Columns
  readonly with_reference: EvidentlyReport
  readonly alone: EvidentlyReport | null
}

interface Expected {
  readonly reports: readonly ReportCase[]
  readonly ranking: readonly {
    readonly users: number[]
    readonly scores: number[]
    readonly relevance: number[]
    readonly expected: Record<string, number[]>
  }[]
  readonly correlations: {
    readonly numbers: Record<string, (number | null)[]>
    readonly labels: Record<string, string[]>
    readonly expected: Record<'pearson' | 'spearman' | 'kendall', number[][]>
    readonly cramer_v: (number | null)[][]
  }
  readonly scores: { readonly rows: Columns; readonly expected: Record<string, number> }
  readonly embeddings: readonly {
    readonly name: string
    readonly reference: number[][]
    readonly current: number[][]
    readonly expected: Record<string, { readonly score: number; readonly drift: boolean }>
  }[]
}

// Written by test/conformance/monitoring_evidently.py, which tells the versions.
const expected = JSON.parse(
  readFileSync(new URL('../../test/parity/monitoring-evidently.json', import.meta.url), 'utf8'),
) as Expected

function reportCase(name: string): ReportCase {
  const found = expected.reports.find((report) => report.name === name)
  if (found === undefined) throw new Error(`no case ${name}`)
  return found
}

/** Numbers rounded to ten digits: sums of another order differ in the last ones, and so may the text of a description never. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part) => (typeof part === 'number' ? Number(part.toPrecision(10)) : part)),
  )
}

function numbersOf(columns: Columns, name: string): Float64Array {
  return Float64Array.from(columns[name] ?? [], (value) => (value === null ? Number.NaN : Number(value)))
}

function textsOf(columns: Columns, name: string): string[] {
  return (columns[name] ?? []).map(String)
}

function profileOf(columns: Columns, texts: readonly string[]) {
  const typed = Object.keys(columns).map((name) =>
    texts.includes(name)
      ? textColumn(name, columns[name] as (string | null)[])
      : ({ kind: 'number', name, values: numbersOf(columns, name) } as const),
  )
  return profileWholeTable(table(typed))
}

describe('reports as Evidently writes them', () => {
  test('DataSummaryPreset: every metric, id, test, wording and status', () => {
    const { current, reference, with_reference, alone } = reportCase('summary')
    const [now, was] = [profileOf(current, ['city']), profileOf(reference, ['city'])]
    const report = evidentlyDataSummary(now, was, { includeTests: true })
    expect(report.metrics.map(({ metric_name }) => metric_name)).toEqual(
      with_reference.metrics.map(({ metric_name }) => metric_name),
    )
    expect(rounded(report.metrics)).toEqual(rounded(with_reference.metrics))
    // Statistics of a column without values fail there; what could not be computed is an error here.
    const isEmpty = (name: string) => name.endsWith("of 'empty': Equal nan ± nan")
    const comparable = report.tests.filter(({ name }) => !isEmpty(name))
    expect(rounded(comparable)).toEqual(rounded(with_reference.tests.filter(({ name }) => !isEmpty(name))))
    const empty = report.tests.filter(({ name }) => isEmpty(name))
    expect(empty.map(({ status }) => status)).toEqual(Array.from({ length: 7 }, () => 'ERROR'))
    expect(empty.map(({ name }) => name)).toEqual(with_reference.tests.map(({ name }) => name).filter(isEmpty))
    expect(rounded(evidentlyDataSummary(now, null, { includeTests: true }))).toEqual(rounded(alone))
  })

  test('DataDriftPreset, given the scores', () => {
    const { with_reference } = reportCase('drift')
    const nameOf = (told: unknown) => Object.entries(evidentlyMethods).find(([, other]) => other === told)?.[0] ?? null
    const columns = with_reference.metrics.slice(1).map(({ config, value }) => {
      const { column, method, threshold } = config as { column: string; method: string; threshold: number }
      const score = value as number
      const type = column === 'city' ? 'cat' : 'num'
      return { name: column, type, method: nameOf(method), score, threshold, drift: score < threshold }
    })
    expect(rounded(evidentlyDataDrift(columns, { includeTests: true }))).toEqual(rounded(with_reference))
  })

  test.each(['two classes', 'three classes'])('ClassificationPreset: %s', (name) => {
    const { current, reference, with_reference } = reportCase(name)
    const [now, was] = [current, reference].map((columns) => classificationPerformance(classified(columns)))
    if (now === undefined || was === undefined) throw new Error('two tables were given')
    const report = evidentlyClassification(now, was, { includeTests: true })
    expect(rounded(report.metrics)).toEqual(rounded(with_reference.metrics))
    expect(rounded(report.tests)).toEqual(rounded(with_reference.tests))
  })

  test('RegressionPreset', () => {
    const { current, reference, with_reference, alone } = reportCase('numbers')
    const [now, was] = [current, reference].map((columns) =>
      regressionPerformance(numbersOf(columns, 'target'), numbersOf(columns, 'prediction')),
    )
    if (now === undefined || was === undefined) throw new Error('two tables were given')
    expect(rounded(evidentlyRegression(now, was, { includeTests: true }))).toEqual(rounded(with_reference))
    const own = evidentlyRegression(now, null, { includeTests: true })
    expect(rounded(own.metrics)).toEqual(rounded(alone?.metrics))
    // The others are compared with a dummy model.
    expect(rounded(own.tests)).toEqual(rounded(alone?.tests.filter(({ name }) => name.startsWith('R2 Score'))))
  })

  test('a test that fails is a warning where it is not critical; what could not be computed is an error', () => {
    const columns = [
      { name: 'a', type: 'num', method: 'ks', score: 0.01, threshold: 0.05, drift: true },
      { name: 'b', type: 'num', method: null, score: null, threshold: null, drift: null },
    ]
    const { tests } = evidentlyDataDrift(columns, { includeTests: true, isCritical: false })
    expect(tests.map(({ status }) => status)).toEqual(['WARNING', 'WARNING', 'ERROR'])
    const unknown = evidentlyDataDrift(columns.slice(1), { includeTests: true })
    expect(unknown.tests.map(({ status }) => status)).toEqual(['ERROR', 'ERROR'])
    const few = regressionPerformance(Float64Array.of(1), Float64Array.of(1))
    const many = regressionPerformance(new Float64Array(40), new Float64Array(40))
    expect(evidentlyRegression(few, many, { includeTests: true }).tests.every(({ status }) => status === 'ERROR')).toBe(
      true,
    )
  })
})

/** Two classes have one column of chances, of the class 1. */
function classified(columns: Columns): ClassifiedRows {
  const truth = textsOf(columns, 'target')
  const { classes } = encodeLabels(truth)
  const codesOf = (labels: readonly string[]) => Int32Array.from(labels, (label) => classes.indexOf(label))
  const chance = numbersOf(columns, 'chance')
  return {
    classes,
    truth: codesOf(truth),
    predicted: codesOf(textsOf(columns, 'prediction')),
    probabilities:
      'chance' in columns
        ? [chance.map((value) => 1 - value), chance]
        : classes.map((name) => numbersOf(columns, name)),
  }
}

test('metrics of three classes as scikit-learn has them, each within its interval', () => {
  const { rows, expected: values } = expected.scores
  const { metrics } = classificationPerformance(classified(rows))
  for (const [name, value] of Object.entries(values)) {
    const own = metrics?.[name as 'kappa']
    expect(own?.value, name).toBeCloseTo(value, 12)
    if (own?.low === null || own?.high === null || own === undefined) continue
    expect(own.low, name).toBeLessThan(value)
    expect(own.high, name).toBeGreaterThan(value)
  }
})

test.each(expected.ranking.map((ranking, index) => [index, ranking] as const))(
  'ranking %d for the first 1 to 10',
  (_, given) => {
    for (let top = 1; top <= 10; top++) {
      const { metrics } = rankingPerformance(
        {
          users: Int32Array.from(given.users),
          scores: Float64Array.from(given.scores),
          relevance: Float64Array.from(given.relevance),
        },
        { top },
      )
      const names = { NDCG: 'ndcg', MAP: 'map', MRR: 'mrr', HitRate: 'hitRate', PrecisionTopK: 'precision' } as const
      for (const [name, own] of Object.entries({ ...names, RecallTopK: 'recall', FBetaTopK: 'fBeta' } as const)) {
        expect(metrics?.[own].value, `${name} ${top}`).toBeCloseTo(given.expected[name]?.[top - 1] ?? Number.NaN, 10)
      }
    }
  },
)

test('correlations as pandas and Evidently have them', () => {
  const { numbers, labels, expected: values, cramer_v } = expected.correlations
  const columns = Object.keys(numbers).map((name) => ({ name, values: numbersOf(numbers, name) }))
  for (const method of ['pearson', 'spearman', 'kendall'] as const) {
    expect(rounded(correlateNumbers(columns, method).values), method).toEqual(rounded(values[method]))
  }
  const coded = Object.entries(labels).map(([name, texts]) => textColumn(name, texts))
  const found = correlateCategories(coded.flatMap((column) => (column.kind === 'text' ? [column] : [])))
  // Evidently leaves the diagonal out.
  const withoutDiagonal = found.values.map((line, row) => line.map((value, place) => (row === place ? null : value)))
  const symmetric = cramer_v.map((line, row) => line.map((value, place) => value ?? cramer_v[place]?.[row] ?? null))
  expect(rounded(withoutDiagonal)).toEqual(rounded(symmetric))
})

describe.each(expected.embeddings.map((given) => [given.name, given] as const))('embeddings: %s', (_, given) => {
  const vectors = (rows: number[][]) => ({
    rowCount: rows.length,
    dimension: rows[0]?.length ?? 0,
    values: Float64Array.from(rows.flat()),
  })
  const drift = (method: EmbeddingDriftMethod, options = {}) =>
    embeddingDrift(vectors(given.reference), vectors(given.current), { method, seed: 1, ...options })

  test.each(['distance', 'ratio', 'mmd'] as const)('%s to the digit', async (method) => {
    const found = await drift(method)
    expect(found.score).toBeCloseTo(given.expected[method]?.score ?? Number.NaN, 10)
    expect(found.drift).toBe(given.expected[method]?.drift)
  })

  test.each(['cosine', 'cityblock', 'chebyshev'] as const)('the distance %s', async (distance) => {
    expect((await drift('distance', { distance })).score).toBeCloseTo(given.expected[distance]?.score ?? Number.NaN, 10)
  })

  test('the classifier decides alike, and so do components', async () => {
    expect((await drift('model')).drift).toBe(given.expected.model?.drift)
    const { score, drift: decision } = await drift('ratio', { pcaComponents: 3 })
    expect({ score, drift: decision }).toEqual(given.expected['ratio of 3 components'])
  })

  test('resampled thresholds tell sets that have moved from sets that have not', async () => {
    for (const method of ['distance', 'mmd'] as const) {
      const { threshold, drift: decision } = await drift(method, { threshold: 'resampled' })
      expect(threshold).toBeGreaterThan(0)
      expect(decision, method).toBe(given.name === 'moved')
    }
  })
})

test('figures that stand alone have the ids of the presets, and a test for each bound', () => {
  const ids = new Map(
    expected.reports
      .flatMap(({ with_reference: told }) => told.metrics)
      .map(({ id, metric_name }) => [id, metric_name]),
  )
  const figure = (kind: 'quality' | 'performance', metric: string, value: number | null) => ({
    kind,
    metric,
    value,
    rows: 100,
  })
  const { metrics, tests } = evidentlyFigures([
    figure('quality', 'rows', 100),
    figure('quality', 'empty_columns', 0),
    { ...figure('quality', 'missing_share', 0.25), column: 'age', max: 0.1, severity: 'warning' },
    { ...figure('performance', 'accuracy', 0.75), min: 0.8, max: 1 },
    { ...figure('performance', 'mae', null), max: 3 },
    { ...figure('performance', 'mape', 0.2), max: 0.3 },
    // What Evidently has no metric of, and what it means something else by.
    figure('quality', 'missing_share', 0.1),
    figure('performance', 'f1_macro', 0.5),
    { ...figure('performance', 'accuracy', 0.5), kind: 'estimated_performance' },
  ])
  expect(
    metrics.map(({ id, metric_name }) => (ids.get(id) === metric_name ? metric_name : `unknown ${metric_name}`)),
  ).toEqual([
    'RowCount()',
    'EmptyColumnsCount()',
    'MissingValueCount(column=age)',
    expect.stringMatching(/^Accuracy\(/),
    expect.stringMatching(/^MAE\(/),
    expect.stringMatching(/^MAPE\(/),
  ])
  expect(metrics[2]?.value).toEqual({ count: 25, share: 0.25 })
  expect(tests.map(({ id, status, test_config }) => [id, status, test_config.threshold])).toEqual([
    ['le', 'WARNING', 0.1],
    ['ge', 'FAIL', 0.8],
    ['le', 'SUCCESS', 1],
    ['le', 'ERROR', 3],
    ['le', 'SUCCESS', 30],
  ])
})
