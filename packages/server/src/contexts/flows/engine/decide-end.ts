import type { FlowState, FlowWait, Json, RetryPolicy } from '@fabrique/contract'
import type { FlowFailure, RunEnd, StepWait } from './model.js'

/** How an execution ended: as its executor says, or given back by a worker that stops. */
export type ExecutionEnd = RunEnd | { readonly kind: 'released' }

/** What a run is after an execution. */
export type RunAfter =
  | {
      readonly kind: 'over'
      readonly state: FlowState
      readonly result?: Json
      readonly failure?: FlowFailure
      readonly isCrash?: true
    }
  | { readonly kind: 'suspended'; readonly state: FlowState; readonly wait: FlowWait; readonly limit?: string }
  /** It is begun anew after a delay; what is done stays. */
  | { readonly kind: 'again'; readonly delayMs: number; readonly failure: FlowFailure }
  /** It goes on at once, here or elsewhere. */
  | { readonly kind: 'resuming'; readonly isCrash: boolean; readonly failure?: FlowFailure }

export interface RunFacts {
  readonly attempt: number
  readonly crashes: number
  readonly crashesMax: number
  readonly isCancelled: boolean
  /** Whether its time is over. */
  readonly isLate: boolean
  readonly retry: RetryPolicy | undefined
  /** From 0 to 1, for the jitter. */
  readonly chance: number
}

/** Decides what a run is after an execution. */
export function decideEnd(run: string, end: ExecutionEnd, facts: RunFacts): RunAfter {
  if (end.kind === 'completed') {
    return {
      kind: 'over',
      state: { type: 'COMPLETED', name: end.isCached ? 'Cached' : 'Completed' },
      result: end.result,
    }
  }
  if (facts.isCancelled) return { kind: 'over', state: { type: 'CANCELLED', name: 'Cancelled' } }
  if (facts.isLate && end.kind !== 'failed') {
    const failure = end.kind === 'timed_out' ? end.failure : { code: 'flow_run_timed_out', params: { flow_run: run } }
    return failed(failure, 'TimedOut', facts)
  }
  switch (end.kind) {
    case 'failed':
      return failed(end.failure, 'Failed', facts, end.isFinal)
    case 'timed_out':
      return failed(end.failure, 'TimedOut', facts, end.isFinal)
    case 'cancelled':
      return { kind: 'over', state: { type: 'CANCELLED', name: 'Cancelled' } }
    case 'released':
      return { kind: 'resuming', isCrash: false }
    case 'crashed':
      if (facts.crashes + 1 <= facts.crashesMax) return { kind: 'resuming', isCrash: true, failure: end.failure }
      return { kind: 'over', state: { type: 'CRASHED', name: 'Crashed' }, failure: end.failure, isCrash: true }
    case 'suspended':
      return suspended(end.waits)
  }
}

function failed(failure: FlowFailure, name: 'Failed' | 'TimedOut', facts: RunFacts, isFinal = false): RunAfter {
  const { retry, attempt, chance } = facts
  if (retry === undefined || isFinal || attempt > retry.retries) {
    return { kind: 'over', state: { type: 'FAILED', name }, failure }
  }
  const delayMs = retry.delays_ms[Math.min(attempt, retry.delays_ms.length) - 1] ?? 0
  return { kind: 'again', delayMs: delayMs * (1 + chance * retry.jitter), failure }
}

function suspended(waits: readonly StepWait[]): RunAfter {
  const told = waits.find(({ kind }) => kind === 'approval') ?? waits.find(({ kind }) => kind !== 'moment') ?? waits[0]
  const limit = waits.find((wait) => wait.kind === 'limit')?.limit
  const state: FlowState = { type: 'PAUSED', name: told?.kind === 'approval' ? 'Paused' : 'Suspended' }
  return {
    kind: 'suspended',
    state,
    wait: told === undefined ? { kind: 'moment' } : toldWait(told),
    ...(limit === undefined ? {} : { limit }),
  }
}

function toldWait(wait: StepWait): FlowWait {
  switch (wait.kind) {
    case 'moment':
      return { kind: 'moment', until: wait.until.toISOString() }
    case 'approval':
      return {
        kind: 'approval',
        what: wait.step,
        ...(wait.until === undefined ? {} : { until: wait.until.toISOString() }),
      }
    case 'run':
      return { kind: 'run', what: wait.run }
    case 'job':
      return { kind: 'job', what: wait.job }
    case 'limit':
      return { kind: 'limit', what: wait.limit }
  }
}
