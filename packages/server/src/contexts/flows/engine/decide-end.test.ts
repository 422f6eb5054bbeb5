import type { RetryPolicy } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { decideEnd, type ExecutionEnd, type RunFacts } from './decide-end.js'

const failure = { code: 'internal_error', params: {} }
const facts: RunFacts = {
  attempt: 1,
  crashes: 0,
  crashesMax: 5,
  isCancelled: false,
  isLate: false,
  retry: undefined,
  chance: 0,
}
const decide = (end: ExecutionEnd, more: Partial<RunFacts> = {}) => decideEnd('flow_1', end, { ...facts, ...more })
const stateOf = (end: ExecutionEnd, more: Partial<RunFacts> = {}) => {
  const after = decide(end, more)
  return 'state' in after ? after.state.name : after.kind
}

describe('what a run is after an execution', () => {
  test.each<[string, ExecutionEnd, Partial<RunFacts>]>([
    ['Completed', { kind: 'completed', result: 1 }, {}],
    ['Cached', { kind: 'completed', result: 1, isCached: true }, {}],
    ['Completed', { kind: 'completed', result: 1 }, { isCancelled: true, isLate: true }],
    ['Cancelled', { kind: 'cancelled' }, {}],
    ['Cancelled', { kind: 'failed', failure }, { isCancelled: true }],
    ['Cancelled', { kind: 'crashed', failure }, { isCancelled: true }],
    ['Cancelled', { kind: 'suspended', waits: [] }, { isCancelled: true, isLate: true }],
    ['Failed', { kind: 'failed', failure }, { isLate: true }],
    ['TimedOut', { kind: 'timed_out', failure }, {}],
    ['TimedOut', { kind: 'cancelled' }, { isLate: true }],
    ['TimedOut', { kind: 'suspended', waits: [] }, { isLate: true }],
    ['resuming', { kind: 'released' }, {}],
    ['resuming', { kind: 'crashed', failure }, { crashes: 4 }],
    ['Crashed', { kind: 'crashed', failure }, { crashes: 5 }],
    ['Suspended', { kind: 'suspended', waits: [{ kind: 'run', run: 'flow_2' }] }, {}],
    ['Paused', { kind: 'suspended', waits: [{ kind: 'approval', step: 'ok', until: undefined }] }, {}],
  ])('%s after %j with %j', (expected, end, more) => {
    expect(stateOf(end, more)).toBe(expected)
  })

  test('of a run that is tried again, with the delay of the attempt, and jitter on top', () => {
    const retry: RetryPolicy = { retries: 3, delays_ms: [100, 1_000], jitter: 0.5 }
    const delays = [1, 2, 3].map((attempt) => decide({ kind: 'failed', failure }, { retry, attempt, chance: 0.5 }))
    expect(delays).toMatchObject([
      { kind: 'again', delayMs: 125 },
      { kind: 'again', delayMs: 1_250 },
      { kind: 'again', delayMs: 1_250 },
    ])
    expect(stateOf({ kind: 'failed', failure }, { retry, attempt: 4 })).toBe('Failed')
    expect(stateOf({ kind: 'failed', failure, isFinal: true }, { retry })).toBe('Failed')
  })

  test('of a run that waits tells the person before the child, and the child before the moment', () => {
    const until = new Date('2026-01-01T00:00:00Z')
    const moment = { kind: 'moment', until } as const
    const run = { kind: 'run', run: 'flow_2' } as const
    const approval = { kind: 'approval', step: 'ok', until } as const
    const waitOf = (...waits: Extract<ExecutionEnd, { kind: 'suspended' }>['waits'][number][]) =>
      decide({ kind: 'suspended', waits })
    expect(waitOf(moment, run, approval)).toMatchObject({
      wait: { kind: 'approval', what: 'ok', until: '2026-01-01T00:00:00.000Z' },
    })
    expect(waitOf(moment, run)).toMatchObject({ wait: { kind: 'run', what: 'flow_2' } })
    expect(waitOf(moment)).toMatchObject({ wait: { kind: 'moment' } })
    expect(waitOf(run, { kind: 'limit', limit: 'gpu' })).toMatchObject({ limit: 'gpu' })
  })
})
