import type { Run } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { applyRunMessage, readRunMessage } from './run-message.js'

const run: Run = {
  id: 'a'.repeat(32),
  name: 'one',
  experiment_id: '1',
  experiment: 'iris',
  status: 'RUNNING',
  started_at: '2026-11-21T08:00:00.000Z',
  user: 'ana',
  params: {},
  metrics: { loss: { value: 2, step: 1, timestamp_ms: 1, count: 2, min: 1, max: 2, mean: 1.5 } },
  tags: {},
  datasets: [],
  model_versions: [],
}
const point = (value: number | 'NaN', step: number) => ({ value, step, timestamp_ms: step, count: step + 1 })

describe('applyRunMessage', () => {
  it('takes the newest values, keeps the bounds, and drops a mean that no longer holds', () => {
    const after = applyRunMessage(run, {
      kind: 'metrics',
      run_id: run.id,
      metrics: { loss: point(0.5, 2), accuracy: point(0.9, 2) },
    })
    expect(after.metrics).toEqual({
      loss: { ...point(0.5, 2), min: 0.5, max: 2 },
      accuracy: { ...point(0.9, 2), min: 0.9, max: 0.9 },
    })
    expect(run.metrics.loss?.value).toBe(2)
  })

  it('keeps the bounds when a value is not a number', () => {
    const after = applyRunMessage(run, { kind: 'metrics', run_id: run.id, metrics: { loss: point('NaN', 2) } })
    expect(after.metrics.loss).toEqual({ ...point('NaN', 2), min: 1, max: 2 })
  })

  it('takes the whole run, and leaves other runs alone', () => {
    const finished: Run = { ...run, status: 'FINISHED' }
    expect(applyRunMessage(run, { kind: 'run', run: finished })).toBe(finished)
    expect(applyRunMessage(run, { kind: 'run', run: { ...finished, id: 'b' } })).toBe(run)
    expect(applyRunMessage(run, { kind: 'metrics', run_id: 'b', metrics: { loss: point(9, 9) } })).toBe(run)
  })
})

describe('readRunMessage', () => {
  it('reads messages and nothing else', () => {
    expect(readRunMessage(JSON.stringify({ kind: 'run', run }))).toEqual({ kind: 'run', run })
    for (const data of ['', '{', 'null', '3', '{"kind":"run"}', '{"kind":"other","run":{}}'])
      expect(readRunMessage(data)).toBeUndefined()
  })
})
