import { setTimeout as sleep } from 'node:timers/promises'
import { FabriqueError, type FromRunner, type RetryPolicy, type RunnerStepEnd } from '@fabrique/contract'
import { retry as again } from '../../../kernel/index.js'
import { databaseAway, systemActor, type VerbContext } from '../../../platform/index.js'
import { enqueueRun } from '../engine/enqueue-run.js'
import type { RunSession, StepWait } from '../engine/model.js'
import { runOutcome } from '../engine/run-outcome.js'
import { query } from '../engine/statements.js'
import { failureOf } from './failure-of.js'
import { performCommand } from './perform-command.js'
import { performVerb, type VerbTools } from './perform-verb.js'
import { completed, type Outcome, type StepAtWork } from './step-at-work.js'

export type PerformCall = Extract<FromRunner, { method: 'perform' }>
type Work = PerformCall['work']

/** What became of a step that the worker carries out: it is over, or it waits for something that makes the run ready again. */
export type Performed =
  | { readonly kind: 'finished'; readonly end: RunnerStepEnd }
  | { readonly kind: 'waiting'; readonly wait: StepWait }

export type PerformStep = (session: RunSession, call: PerformCall) => Promise<Performed>

/** Waits that are shorter are waited for in place. */
const inPlaceMs = 2_000

/** Carries out the steps that are no code of the project. Throws what the session throws, and nothing of a step. */
export function performer(tools: VerbTools): PerformStep {
  return async (session, { step, work, retry }) => {
    const { timeoutMs, ...toBegin } = step
    const ctx: VerbContext = {
      ...tools.ctx,
      actor: systemActor(session.run.id),
      requestId: session.run.id,
      signal: session.signal,
    }
    for (;;) {
      session.signal.throwIfAborted()
      const begun = await session.beginStep(toBegin)
      if (begun.kind !== 'begun') return begun
      const { held = {}, idempotencyKey, attempt } = begun
      const atWork = { session, ctx, name: step.name, idempotencyKey, held, work, timeoutMs }
      // Safe to carry out again: each part has the key of the step, or is safe to repeat.
      const waiting = { ...databaseAway, signal: session.signal }
      const outcome = await again(() => carryOut(atWork, tools), waiting).catch((error: unknown): Outcome => {
        // The run is to end: its steps are closed with it.
        session.signal.throwIfAborted()
        return { end: { kind: timedOut.has(codeOf(error)) ? 'timed_out' : 'failed', failure: failureOf(error) } }
      })
      if ('wait' in outcome) return { kind: 'waiting', wait: outcome.wait }
      const { end } = outcome
      const delayMs = end.kind === 'completed' ? undefined : delayOf(retry, attempt, ctx)
      const retryAt = delayMs === undefined ? undefined : new Date(ctx.clock.now().getTime() + delayMs)
      await session.endStep(step.name, end, retryAt)
      if (delayMs === undefined || retryAt === undefined) return { kind: 'finished', end }
      if (delayMs > inPlaceMs) return { kind: 'waiting', wait: { kind: 'moment', until: retryAt } }
      await sleep(delayMs, undefined, { signal: session.signal })
    }
  }
}

const timedOut: ReadonlySet<string> = new Set(['flow_step_timed_out', 'flow_approval_timed_out'])
const codeOf = (error: unknown) => failureOf(error).code

/** Before the retry that follows an attempt; undefined where it is not tried again. */
function delayOf(retry: RetryPolicy | undefined, attempt: number, { ids }: VerbContext): number | undefined {
  if (retry === undefined || attempt > retry.retries) return undefined
  const delay = retry.delays_ms[Math.min(attempt, retry.delays_ms.length) - 1] ?? 0
  const share = Number.parseInt(ids.hex32().slice(0, 8), 16) / 2 ** 32
  return Math.round(delay * (1 + retry.jitter * share))
}

function carryOut(step: StepAtWork, tools: VerbTools): Promise<Outcome> {
  const { work } = step
  switch (work.kind) {
    case 'sleep':
      return sleepStep({ ...step, work })
    case 'flow':
      return childStep({ ...step, work })
    case 'approve':
      return approvalStep({ ...step, work })
    case 'command':
    case 'python':
      return performCommand({ ...step, work }, tools)
    default:
      return performVerb({ ...step, work }, tools)
  }
}

type AtWork<Kind extends Work['kind']> = StepAtWork<Extract<Work, { kind: Kind }>>

async function sleepStep({ session, ctx, name, held, work }: AtWork<'sleep'>): Promise<Outcome> {
  const nowMs = ctx.clock.now().getTime()
  const until = held.wakeAt ?? (work.until === undefined ? new Date(nowMs + (work.ms ?? 0)) : new Date(work.until))
  const leftMs = until.getTime() - nowMs
  if (leftMs <= inPlaceMs) {
    if (leftMs > 0) await sleep(leftMs, undefined, { signal: session.signal })
    return completed(null)
  }
  await session.holdStep(name, { wakeAt: until })
  return { wait: { kind: 'moment', until } }
}

async function childStep({ session, ctx, name, idempotencyKey, held, work }: AtWork<'flow'>): Promise<Outcome> {
  const child = held.childRun ?? (await childOf({ session, ctx, name, idempotencyKey, work }))
  await session.holdStep(name, { childRun: child })
  const end = await runOutcome(ctx.db, child)
  if (end === undefined) return { wait: { kind: 'run', run: child } }
  if (end.kind !== 'cancelled') return { end }
  throw new FabriqueError('flow_child_cancelled', { run: child, flow: work.flow })
}

const findChild = `
  select id from flow_runs
  where project = $1 and flow = $2 and idempotency_key = any($3::text[])
    and (state_type = 'COMPLETED' or ended_at is null and not cancel_requested)
  order by requested_at desc limit 1`

/**
 * The child has the key of the step: however often it is asked for, it is there once. A run that is tried again asks for another one where
 * the child of the attempt before ended without a result.
 */
async function childOf(
  step: Pick<AtWork<'flow'>, 'session' | 'ctx' | 'name' | 'idempotencyKey' | 'work'>,
): Promise<string> {
  const { ctx, name, idempotencyKey, work } = step
  const { run } = step.session
  const keys = Array.from({ length: run.attempt }, (_, before) =>
    before === 0 ? idempotencyKey : `${run.id}#${before + 1}:${name}`,
  )
  const [known] = await query<{ id: string }>(ctx.db, findChild, [run.project, work.flow, keys])
  if (known !== undefined) return known.id
  const { id } = await enqueueRun(ctx, {
    project: run.project,
    flow: work.flow,
    params: work.params,
    origin: 'flow',
    originOf: run.id,
    scheduledFor: ctx.clock.now(),
    idempotencyKey: keys.at(-1) ?? idempotencyKey,
  })
  return id
}

async function approvalStep({ session, ctx, name, held, work }: AtWork<'approve'>): Promise<Outcome> {
  const { approval } = held
  if (approval?.decision !== undefined) {
    const { decision, decidedBy = '', values = {}, comment = '' } = approval
    return completed({ decision, by: decidedBy, values, comment })
  }
  const now = ctx.clock.now().getTime()
  const until = approval === undefined ? untilOf(work.timeoutMs, now) : approval.until
  if (until !== undefined && until.getTime() <= now) {
    throw new FabriqueError('flow_approval_timed_out', { step: name })
  }
  const { prompt, form } = work
  await session.holdStep(name, {
    approval: { prompt, ...(form === undefined ? {} : { form }), ...(until === undefined ? {} : { until }) },
  })
  return { wait: { kind: 'approval', step: name, until } }
}

const untilOf = (timeoutMs: number | undefined, nowMs: number) =>
  timeoutMs === undefined ? undefined : new Date(nowMs + timeoutMs)
