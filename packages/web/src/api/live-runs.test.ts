import type { Run, RunStreamMessage } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { addMessages, noChanges, withChanges } from './live-runs.js'

const run = (id: string, change: Partial<Run> = {}): Run => ({
  id,
  name: id,
  experiment_id: '1',
  experiment: 'iris',
  status: 'RUNNING',
  started_at: '2026-11-21T06:00:00.000Z',
  user: 'ada',
  params: {},
  metrics: { loss: { value: 2, step: 1, timestamp_ms: 1, min: 1, max: 3, mean: 2 } },
  tags: {},
  datasets: [],
  model_versions: [],
  ...change,
})
const loss = (value: number, step: number): RunStreamMessage => ({
  kind: 'metrics',
  run_id: 'a',
  metrics: { loss: { value, step, timestamp_ms: step, count: step } },
})

describe('live runs', () => {
  it('shows the newest value of each run that changed', () => {
    const changes = addMessages(addMessages(noChanges, [loss(0.5, 2)]), [loss(0.7, 3)])
    expect(withChanges(run('a'), changes).metrics.loss).toMatchObject({ value: 0.7, min: 0.5, max: 3 })
    const other = run('b')
    expect(withChanges(other, changes)).toBe(other)
  })

  it('takes a whole run in place of all that was known of it', () => {
    const finished: RunStreamMessage = { kind: 'run', run: run('a', { status: 'FINISHED' }) }
    const seen = withChanges(run('a'), addMessages(noChanges, [loss(0.5, 2), finished]))
    expect(seen.status).toBe('FINISHED')
    expect(seen.metrics.loss?.value).toBe(2)
  })

  it('does not grow with the messages', () => {
    const messages = Array.from({ length: 1000 }, (_, step) => loss(step, step))
    const changes = addMessages(noChanges, messages)
    expect(changes.get('a')?.length).toBeLessThanOrEqual(21)
    expect(withChanges(run('a'), changes).metrics.loss).toMatchObject({ value: 999, step: 999 })
  })

  it('leaves what it was given untouched', () => {
    addMessages(noChanges, [loss(1, 1)])
    expect(noChanges.size).toBe(0)
    expect(addMessages(noChanges, [])).toBe(noChanges)
  })
})
