import type { MetricSeries, Run } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { isSingleValue, metricGroups } from './metric-groups.js'
import { seriesLines } from './series-lines.js'

const run = (id: string, metrics: Run['metrics']): Run => ({
  id,
  name: `run ${id}`,
  experiment_id: '1',
  experiment: 'iris',
  status: 'RUNNING',
  started_at: '1970-01-01T00:00:10.000Z',
  user: 'ada',
  params: {},
  metrics,
  tags: {},
  datasets: [],
  model_versions: [],
})
const at = (step: number, value: number, count = step + 1) => ({ value, step, timestamp_ms: step * 1000, count })

describe('metric groups', () => {
  const runs = [
    run('a', { loss: at(1, 1), 'val/loss': at(1, 1) }),
    run('b', { 'val/acc': at(1, 1), a10: at(0, 1), a9: at(0, 1) }),
  ]

  it('groups by what stands before the slash, and counts as people do', () => {
    expect(metricGroups(runs, '')).toEqual([
      { prefix: '', metrics: ['a9', 'a10', 'loss'] },
      { prefix: 'val', metrics: ['val/acc', 'val/loss'] },
    ])
    expect(metricGroups(runs, ' LOSS ')).toEqual([
      { prefix: '', metrics: ['loss'] },
      { prefix: 'val', metrics: ['val/loss'] },
    ])
  })

  it('knows single values from curves', () => {
    expect(isSingleValue(runs, 'a9')).toBe(true)
    expect(isSingleValue(runs, 'loss')).toBe(false)
  })
})

describe('series lines', () => {
  const series: MetricSeries = {
    run_id: 'a',
    key: 'loss',
    total: 500,
    steps: [0, 1, 2],
    timestamps_ms: [11_000, 12_000, 13_000],
    values: [3, 'NaN', 1],
  }
  const lines = (xKind: 'step' | 'time' | 'relative', metrics: Run['metrics']) =>
    seriesLines({
      metric: 'loss',
      runs: [run('a', metrics)],
      series: [series],
      xKind,
      styleOf: () => ({ color: 1, dash: 0 }),
    })

  it('places points by step, moment or time since the start, with gaps for NaN', () => {
    expect(lines('step', {})[0]).toMatchObject({ xs: [0, 1, 2], ys: [3, null, 1], total: 500 })
    expect(lines('time', {})[0]?.xs).toEqual([11, 12, 13])
    expect(lines('relative', {})[0]?.xs).toEqual([1, 2, 3])
  })

  it('grows with the newest value, once', () => {
    expect(lines('step', { loss: at(3, 0.5) })[0]).toMatchObject({
      xs: [0, 1, 2, 3],
      ys: [3, null, 1, 0.5],
      total: 501,
    })
    expect(lines('step', { loss: at(2, 1) })[0]?.xs).toEqual([0, 1, 2])
  })
})
