import type { Run } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { en } from '../../i18n/en.js'
import { compareValues, defaultColumnIds, generalColumns, metricColumns, paramColumns } from './run-columns.js'

const run = (id: string, params: Record<string, string>, accuracy?: number): Run => ({
  id,
  name: id,
  experiment_id: '1',
  experiment: 'iris',
  status: 'FINISHED',
  started_at: '2026-11-21T06:00:00.000Z',
  user: 'ada',
  params,
  metrics: accuracy === undefined ? {} : { accuracy: { value: accuracy, step: 0, timestamp_ms: 0 } },
  tags: {},
  datasets: [],
  model_versions: [],
})
const runs = [run('a', { depth: '3', seed: '1' }, 0.9), run('b', { depth: 'None', seed: '1' })]
const columns = [...generalColumns(en), ...paramColumns(runs), ...metricColumns(runs)]

describe('run columns', () => {
  it('shows the parameters that vary, and metrics', () => {
    const ids = defaultColumnIds(columns, runs)
    expect(ids).toContain('params.depth')
    expect(ids).not.toContain('params.seed')
    expect(ids).toContain('metrics.accuracy')
  })

  it('knows numbers from text', () => {
    expect(columns.find(({ id }) => id === 'params.seed')?.isNumber).toBe(true)
    expect(columns.find(({ id }) => id === 'params.depth')?.isNumber).toBe(false)
  })

  it('orders numbers before text', () => {
    expect(['None', 10, 9, 'a10', 'a9'].sort(compareValues)).toEqual([9, 10, 'a9', 'a10', 'None'])
  })
})
