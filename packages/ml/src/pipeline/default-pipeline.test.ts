import { describe, expect, test } from 'vitest'
import { mixedTable } from '../../test/mixed-table.js'
import { table, textColumn } from '../data/table.js'
import type { Acceptance, Estimator } from '../estimators/estimator.js'
import { defaultPipeline } from './default-pipeline.js'
import { type ColumnSummary, summarizeColumns } from './summarize-columns.js'

const plain: Acceptance = {
  sparse: false,
  missing: false,
  categories: false,
  sampleWeights: true,
  wantsScaling: false,
  nonNegative: false,
}

function estimator(accepts: Partial<Acceptance>, task: Estimator['task'] = 'regression') {
  return { kind: 'any', task, accepts: { ...plain, ...accepts } }
}

const rows = mixedTable(4000, 8)
const summaries = summarizeColumns(rows)

/** The kinds of the steps of a column. */
function stepsOf(name: string, accepts: Partial<Acceptance>, task?: Estimator['task']): string[] {
  const { definition } = defaultPipeline(summaries, estimator(accepts, task))
  return definition.columns.find(({ columns }) => columns.includes(name))?.steps.map(({ kind }) => kind) ?? ['none']
}

describe('summarizeColumns', () => {
  test('counts what is missing and distinct, and knows row numbers and words', () => {
    const small = table([
      { kind: 'number', name: 'row', values: Float64Array.of(3, 1, 2) },
      { kind: 'number', name: 'x', values: Float64Array.of(1, Number.NaN, 1) },
      textColumn('t', ['two words', '', null]),
      { kind: 'time', name: 'day', values: Float64Array.of(0, 86_400_000, Number.NaN) },
      { kind: 'time', name: 'noon', values: Float64Array.of(43_200_000, 0, 0) },
    ])
    const base = { rowCount: 3, missingCount: 0, wordsPerText: 0, isConsecutive: false, hasTimeOfDay: false }
    expect(summarizeColumns(small)).toEqual([
      { ...base, name: 'row', kind: 'number', distinctCount: 3, isConsecutive: true },
      { ...base, name: 'x', kind: 'number', missingCount: 1, distinctCount: 1 },
      { ...base, name: 't', kind: 'text', missingCount: 2, distinctCount: 1, wordsPerText: 2 },
      { ...base, name: 'day', kind: 'time', missingCount: 1, distinctCount: 2 },
      { ...base, name: 'noon', kind: 'time', distinctCount: 2, hasTimeOfDay: true },
    ])
  })
})

describe('defaultPipeline', () => {
  test('numbers are imputed and scaled only for an estimator that needs it', () => {
    expect(stepsOf('age', {})).toEqual(['simple_imputer'])
    expect(stepsOf('age', { wantsScaling: true })).toEqual(['simple_imputer', 'standard_scaler'])
    expect(stepsOf('age', { missing: true })).toEqual([])
    expect(stepsOf('age', { nonNegative: true })).toEqual(['simple_imputer', 'min_max_scaler'])
  })

  test('few texts are categories: columns, or codes where the estimator knows them', () => {
    expect(stepsOf('city', {})).toEqual(['one_hot_encoder'])
    expect(stepsOf('city', { categories: true, missing: true })).toEqual(['ordinal_encoder'])
    // 200 values in 4,000 rows are 5 %.
    expect(stepsOf('zip', {})).toEqual(['one_hot_encoder'])
  })

  test('many short texts are encoded by the target, or by the most frequent ones where there is none', () => {
    const many: ColumnSummary = { ...summaryOf('zip'), distinctCount: 900 }
    const stepsFor = (task: Estimator['task']) =>
      defaultPipeline([many], estimator({ wantsScaling: true }, task)).definition.columns[0]?.steps
    expect(stepsFor('regression')?.map(({ kind }) => kind)).toEqual(['target_encoder', 'standard_scaler'])
    expect(stepsFor('clustering')?.map(({ kind }) => kind)).toEqual(['one_hot_encoder'])
  })

  test('free text is read word by word, and reduced where the estimator takes no sparse features', () => {
    expect(stepsOf('title', { sparse: true })).toEqual(['tfidf_vectorizer'])
    expect(stepsOf('title', {})).toEqual(['tfidf_vectorizer', 'truncated_svd'])
  })

  test('times become parts, the hour only where there is one', () => {
    expect(stepsOf('since', { missing: true })).toEqual(['date_parts'])
    const dates: ColumnSummary = { ...summaryOf('since'), hasTimeOfDay: false }
    expect(defaultPipeline([dates], estimator({})).definition.columns[0]?.steps[0]).toEqual({
      kind: 'date_parts',
      params: { hour: false },
    })
  })

  test('what cannot help is dropped, and said', () => {
    const base = { ...summaryOf('age'), rowCount: 100 }
    const columns: ColumnSummary[] = [
      { ...base, name: 'row', isConsecutive: true, distinctCount: 100 },
      { ...base, name: 'same', distinctCount: 1, missingCount: 0 },
      { ...base, name: 'empty', distinctCount: 0, missingCount: 100 },
      { ...base, name: 'code', kind: 'text', distinctCount: 100, wordsPerText: 1 },
      { ...base, name: 'kept', distinctCount: 90 },
    ]
    const { definition, dropped } = defaultPipeline(columns, estimator({}), { alpha: 2 })
    expect(dropped).toEqual([
      { name: 'row', reason: 'identifier' },
      { name: 'same', reason: 'constant' },
      { name: 'empty', reason: 'all_missing' },
      { name: 'code', reason: 'identifier' },
    ])
    expect(definition.columns.map((group) => group.columns)).toEqual([['kept']])
    expect(definition.estimator).toEqual({ kind: 'any', params: { alpha: 2 } })
    expect(() => defaultPipeline(columns.slice(0, 4), estimator({}))).toThrowError(
      expect.objectContaining({ code: 'empty_set' }),
    )
  })
})

function summaryOf(name: string): ColumnSummary {
  const summary = summaries.find((one) => one.name === name)
  if (summary === undefined) throw new Error(`no column ${name}`)
  return summary
}
