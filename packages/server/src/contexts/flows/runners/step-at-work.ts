import type { Json, WorkerStep } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import type { HeldStep, RunSession, StepEnd, StepWait } from '../engine/model.js'

/** A step at work: begun, and perhaps held by an earlier execution. */
export interface StepAtWork<Work = WorkerStep> {
  readonly session: RunSession
  /** Acts as the run, so that what a step leads to is known to come from it. */
  readonly ctx: VerbContext
  readonly name: string
  readonly idempotencyKey: string
  readonly held: HeldStep
  readonly work: Work
  readonly timeoutMs: number | undefined
}

/** How a step goes on: it ended, or waits. */
export type Outcome = { readonly end: StepEnd } | { readonly wait: StepWait }

export const completed = (result: Json): Outcome => ({ end: { kind: 'completed', result: JSON.stringify(result) } })
