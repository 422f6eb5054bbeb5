import type { RunColumn as KnownColumn, Run } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { wholeCatalogue } from '../../i18n/whole-catalogue.js'
import { cellValue, columnOf, defaultColumnIds, fieldsOf, metricColumn, quoteKey } from './run-columns.js'

const en = await wholeCatalogue('en')

const known: readonly KnownColumn[] = [
  { kind: 'param', key: 'depth', run_count: 9, distinct_count: 3, values: ['3', '1e-3'] },
  { kind: 'param', key: 'seed', run_count: 10, distinct_count: 1, values: ['1'] },
  { kind: 'param', key: 'solver', run_count: 10, distinct_count: 2, values: ['sgd', 'adam'] },
  { kind: 'metric', key: 'val/loss (mean)', run_count: 10, distinct_count: 10, values: [] },
  { kind: 'metric', key: 'system/cpu', run_count: 12, distinct_count: 10, values: [] },
  { kind: 'tag', key: 'a.b,c', run_count: 1, distinct_count: 1, values: ['x'] },
]
const source = { known, t: en }
const run: Run = {
  id: 'f'.repeat(32),
  name: '',
  experiment_id: '1',
  experiment: 'iris',
  status: 'FINISHED',
  started_at: '2026-11-21T06:00:00.000Z',
  user: 'ada',
  params: { depth: '3' },
  metrics: { loss: { value: 0.5, step: 9, timestamp_ms: 0, min: 0.1, max: 2, mean: 0.7 } },
  tags: {},
  datasets: [],
  model_versions: [],
}

describe('run columns', () => {
  it('reads an id back into the column that has it', () => {
    for (const id of [
      'status',
      'params.depth',
      'metrics.val/loss (mean)',
      'min(metrics.val/loss (mean))',
      'tags.a.b,c',
    ])
      expect(columnOf(id, source)?.id).toBe(id)
  })

  it('knows no column that no run has', () => {
    for (const id of ['nothing', 'params.x', 'std(metrics.system/cpu)', 'max(params.depth)', 'metrics.', ''])
      expect(columnOf(id, source)).toBeUndefined()
  })

  it('orders by what the server understands', () => {
    expect(columnOf('min(metrics.val/loss (mean))', source)?.expression).toBe('min(metrics.`val/loss (mean)`)')
    expect(columnOf('tags.a.b,c', source)?.expression).toBe('tags.`a.b,c`')
    expect(quoteKey('a_1')).toBe('a_1')
    expect(quoteKey('a.b')).toBe('`a.b`')
    expect(quoteKey('a`b')).toBe('"a`b"')
  })

  it('knows numbers from text', () => {
    expect(columnOf('params.depth', source)?.isNumber).toBe(true)
    expect(columnOf('params.solver', source)?.isNumber).toBe(false)
  })

  it('shows the parameters that vary and the metrics of the training first', () => {
    const ids = defaultColumnIds(known)
    expect(ids).toEqual(expect.arrayContaining(['params.depth', 'params.solver', 'metrics.val/loss (mean)']))
    expect(ids).not.toContain('params.seed')
    expect(ids).not.toContain('metrics.system/cpu')
  })

  it('shows the figure that was chosen', () => {
    for (const [aggregate, value] of [
      ['last', 0.5],
      ['min', 0.1],
      ['max', 2],
      ['mean', 0.7],
    ] as const)
      expect(cellValue(run, metricColumn('loss', aggregate, en))).toBe(value)
    expect(cellValue(run, metricColumn('other', 'min', en))).toBeUndefined()
  })

  it('asks for the fields it shows and no others', () => {
    const columns = [metricColumn('loss', 'min', en), metricColumn('loss', 'max', en)]
    expect(fieldsOf(columns)).toEqual({ params: [], metrics: ['loss'], tags: [] })
  })
})
