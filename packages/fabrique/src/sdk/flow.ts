import type { z } from 'zod'
import type { FlowDuration } from './flow-duration.js'
import type { Retry } from './flow-retry.js'
import type { Schedule, Trigger } from './flow-schedule.js'
import type { FlowSteps } from './flow-steps.js'

/** A flow without parameters. */
type NoParams = z.ZodObject<Record<never, never>>

export interface FlowOptions<Params extends z.ZodObject = z.ZodObject> {
  readonly description?: string
  /** Parameters are checked before there is a run; a form is made from it. */
  readonly params?: Params
  /** A cron expression, or schedules made with `cron`, `every` and `at`. */
  readonly schedule?: string | Schedule | readonly (string | Schedule)[]
  /** Made with `onEvent` and `onWebhook`. */
  readonly on?: Trigger | readonly Trigger[]
  /** The flow is tried again from its first step; never by default. */
  readonly retries?: number | Retry
  /** Of one attempt of the whole run. */
  readonly timeout?: FlowDuration
  /** Runs at once, over all workers. */
  readonly concurrency?: number
  /** Named limits that each run takes a slot of. */
  readonly limit?: string | readonly string[]
  /** Of its schedules that say nothing else. */
  readonly overlap?: Schedule['overlap']
  readonly catchUp?: Schedule['catchUp']
  /** Higher is first. */
  readonly priority?: number
  /** How long the result of equal parameters is used again. */
  readonly cache?: FlowDuration
  readonly tags?: readonly string[]
  /** A run goes on only with the version that it began with. By default it changes with the text of the functions of the flow. */
  readonly version?: string
}

/** A declared flow. */
export interface Flow<Params extends z.ZodObject = z.ZodObject, Result = unknown> {
  readonly kind: 'flow'
  readonly name: string
  readonly options: FlowOptions<Params>
  /** Called with parameters that its schema has checked. */
  readonly body: (step: FlowSteps, params: never) => Result | Promise<Result>
}

/**
 * Declares a flow: a function with durable steps. Killed at any moment, it goes on at the first step that is not over, on this machine or
 * another.
 */
export function flow<const Params extends z.ZodObject = NoParams, Result = void>(
  name: string,
  options: FlowOptions<Params>,
  body: (step: FlowSteps, params: z.output<Params>) => Result | Promise<Result>,
): Flow<Params, Result> {
  return { kind: 'flow', name, options, body }
}
