import { createHash } from 'node:crypto'
import {
  FabriqueError,
  type Json,
  type RetryPolicy,
  type RunnerStep,
  type RunnerStepEnd,
  type WorkerStep,
} from '@fabrique/contract'
import { type FlowDuration, millisecondsOf } from '../sdk/flow-duration.js'
import { type Retry, retryDelayMs, retryPolicyOf } from '../sdk/flow-retry.js'
import type { FlowStepOptions, StepTask, WorkerStepOptions } from '../sdk/flow-steps.js'
import type { Begun, Execution } from './execution.js'
import { byStep, toJsonText } from './json-text.js'
import { stepAtWork } from './log-lines.js'
import { artifactsOf } from './step-artifacts.js'
import { failureOf, StepFailure } from './step-failure.js'

/** Retries that are due sooner are waited for in place. */
const inPlaceMs = 2_000

/** Longest delay of a timer: 24 days. */
const timerMsMax = 2 ** 31 - 1

/** Between two tellings of how far a step is. */
const progressMs = 200

export interface StepToRun {
  readonly name: string
  readonly action: (task: StepTask) => unknown
  readonly options: FlowStepOptions
  /** Where it is an item of a map: the map, and for the key of a cached result the item and the code that it is for. */
  readonly item?: { readonly map: string; readonly value: unknown; readonly code: string }
  /** Waits until an item that has begun may work. False where its beginning was taken back meanwhile: it begins anew. */
  readonly place?: (name: string, attempt: number) => Promise<boolean>
  /** Told when the function has ended well: another item may begin. */
  readonly onActionOver?: () => void
}

/** Runs a step of the flow in this process, or gives what it gave before. */
export async function runStep(execution: Execution, given: StepToRun): Promise<Json> {
  const { name, options, item } = given
  refuseInside(name)
  execution.claim(name)
  const finished = execution.finished(name)
  const after = item === undefined ? execution.frontier : []
  const pass = () => {
    if (item === undefined) execution.passed(name, after)
  }
  if (finished !== undefined) {
    pass()
    if (finished.kind === 'completed') given.onActionOver?.()
    return outcomeOf(name, finished)
  }
  const retry = readRetry(name, options.retries)
  const step: RunnerStep = {
    ...stepOf({ name, kind: 'run', after, options }),
    ...(item === undefined ? {} : { map: item.map }),
    ...(options.cache === undefined ? {} : { cache: cacheOf(execution, given, options.cache) }),
  }
  for (;;) {
    const begun = await execution.begin(step)
    if (begun.kind === 'finished') {
      if (begun.end.kind === 'completed') given.onActionOver?.()
      pass()
      return outcomeOf(name, begun.end)
    }
    if (given.place !== undefined && !(await given.place(name, begun.attempt))) continue
    const { end, error } = await execution.atWork(() => attempt(execution, given, begun, step.timeoutMs))
    execution.signal.throwIfAborted()
    const retryInMs = end.kind === 'completed' || !retry.isRetried(error) ? undefined : delayOf(retry, begun.attempt)
    if (end.kind === 'completed') given.onActionOver?.()
    if (retryInMs === undefined) {
      execution.end(name, end)
      pass()
      return outcomeOf(name, end, error)
    }
    await execution.ask({ kind: 'call', method: 'end', name, end, retryInMs })
    if (retryInMs > 0 && retryInMs <= inPlaceMs) await execution.atWork(() => pause(retryInMs, execution.signal))
  }
}

/** A step that the worker carries out. */
export async function performStep(execution: Execution, { step, work, retries }: PerformedStep): Promise<Json> {
  const { name } = step
  refuseInside(name)
  execution.claim(name)
  const after = execution.frontier
  const finished = execution.finished(name)
  const { policy } = readRetry(name, retries)
  await execution.settled()
  const reply =
    finished === undefined
      ? await execution.ask({
          kind: 'call',
          method: 'perform',
          step: { ...step, after },
          work,
          ...(policy === undefined ? {} : { retry: policy }),
        })
      : { kind: 'finished' as const, end: finished }
  if (reply.kind !== 'finished') throw new Error(`The worker did not carry out step ${name}`)
  execution.passed(name, after)
  return outcomeOf(name, reply.end)
}

export interface PerformedStep {
  readonly step: RunnerStep
  readonly work: WorkerStep
  readonly retries?: WorkerStepOptions['retries']
}

/** What a step gave. Throws what it failed with. */
export function outcomeOf(name: string, end: RunnerStepEnd, cause?: unknown): Json {
  // It was written by toJsonText.
  if (end.kind === 'completed') return JSON.parse(end.result)
  throw new StepFailure(end.failure, name, cause)
}

/** What the worker is told of a step. */
export function stepOf({
  name,
  kind,
  after,
  options: { limit, timeout },
}: {
  readonly name: string
  readonly kind: RunnerStep['kind']
  readonly after?: readonly string[]
  readonly options: Pick<WorkerStepOptions, 'limit' | 'timeout'>
}): RunnerStep {
  return {
    name,
    kind,
    ...(after === undefined ? {} : { after }),
    ...(limit === undefined ? {} : { limits: typeof limit === 'string' ? [limit] : limit }),
    ...(timeout === undefined ? {} : { timeoutMs: msOf(name, 'timeout', timeout) }),
  }
}

/** Throws `flow_step_invalid`. */
export function msOf(step: string, option: string, duration: FlowDuration): number {
  const ms = millisecondsOf(duration)
  if (ms !== undefined) return ms
  const shown = JSON.stringify(duration)
  throw new FabriqueError('flow_step_invalid', {
    step,
    reason: `${option} is ${shown}, which is no duration as 30s, 5m, 1h or 2d`,
    reason_fr: `${option} vaut ${shown}, qui n’est pas une durée comme 30s, 5m, 1h ou 2d`,
  })
}

interface ReadRetry {
  readonly policy: RetryPolicy | undefined
  readonly isRetried: (error: unknown) => boolean
}

function readRetry(name: string, retries: number | Retry | undefined): ReadRetry {
  if (retries === undefined) return { policy: undefined, isRetried: () => false }
  const policy = retryPolicyOf(retries, (delay) => msOf(name, 'delay', delay))
  const condition = typeof retries === 'number' ? undefined : retries.if
  return { policy, isRetried: (error) => condition?.(error) ?? true }
}

/** The jitter of retries is chance. */
const delayOf = ({ policy }: ReadRetry, attempt: number) =>
  policy === undefined ? undefined : retryDelayMs(policy, attempt, Math.random())

function refuseInside(name: string): void {
  const outer = stepAtWork.getStore()
  if (outer === undefined) return
  throw new FabriqueError('flow_step_invalid', {
    step: name,
    reason: `it begins inside of step ${outer}, whose result would not be known without it`,
    reason_fr: `elle commence dans l’étape ${outer}`,
  })
}

interface AttemptEnd {
  readonly end: RunnerStepEnd
  readonly error?: unknown
}

/** Runs the function of a step once. It is not waited for once its time is over, or the run aborts. */
async function attempt(
  execution: Execution,
  { name, action }: StepToRun,
  begun: Extract<Begun, { kind: 'begun' }>,
  timeoutMs: number | undefined,
): Promise<AttemptEnd> {
  // Not a signal of both: Node keeps one with a listener for ever, and code may leave its own.
  const over = new AbortController()
  const { signal } = over
  const onAbort = () => over.abort(execution.signal.reason)
  execution.signal.addEventListener('abort', onAbort)
  let toldAtMs = 0
  const task: StepTask = {
    idempotencyKey: begun.idempotencyKey,
    attempt: begun.attempt,
    signal,
    log: execution.lines.ofStep(name),
    artifact: artifactsOf(execution, name),
    progress(done, total) {
      const isLast = total !== undefined && done >= total
      if (!isLast && Date.now() - toldAtMs < progressMs) return
      toldAtMs = Date.now()
      execution.tellProgress(name, done, total)
    },
  }
  const running = stepAtWork.run(name, async () => action(task))
  const aborted = new Promise<'aborted'>((resolve) => {
    if (signal.aborted) resolve('aborted')
    signal.addEventListener('abort', () => resolve('aborted'), { once: true })
  })
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () => {
            over.abort(new FabriqueError('flow_step_timed_out', { step: name, seconds: timeoutMs / 1000 }))
          },
          Math.min(timeoutMs, timerMsMax),
        )
  try {
    const first = await Promise.race([running.then((value) => ({ value })), aborted])
    if (first !== 'aborted') return { end: { kind: 'completed', result: toJsonText(first.value, byStep(name)) } }
    execution.leave(running)
    const kind = execution.signal.aborted ? 'cancelled' : 'timed_out'
    return { end: { kind, failure: failureOf(signal.reason, name) }, error: signal.reason }
  } catch (error) {
    return { end: { kind: 'failed', failure: failureOf(error, name) }, error }
  } finally {
    clearTimeout(timer)
    execution.signal.removeEventListener('abort', onAbort)
  }
}

function cacheOf(
  { run }: Execution,
  { name, item, action }: StepToRun,
  { expiresIn, key }: NonNullable<FlowStepOptions['cache']>,
) {
  const inputs = key ?? (item === undefined ? run.params : { params: run.params, item: item.value })
  // An item of a map is known by itself, wherever it stands.
  const parts = [run.project, run.flow, item?.map ?? name, item?.code ?? action.toString(), inputs]
  const digest = createHash('sha256')
    .update(toJsonText(parts, byStep(name)))
    .digest('hex')
  return { key: digest, expiresMs: msOf(name, 'expiresIn', expiresIn) }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', over)
      resolve()
    }
    const timer = setTimeout(over, ms)
    signal.addEventListener('abort', over)
  })
}
