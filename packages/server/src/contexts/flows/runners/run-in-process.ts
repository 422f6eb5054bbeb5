import { setTimeout as sleep } from 'node:timers/promises'
import { FabriqueError, type FromRunner, isFabriqueError, type RunnerEnd, type RunnerReply } from '@fabrique/contract'
import { type Clock, limit } from '../../../kernel/index.js'
import type { RunEnd, RunSession, StepWait } from '../engine/model.js'
import { failureOf } from './failure-of.js'
import { LineReader } from './line-reader.js'
import type { Performed, PerformStep } from './perform-step.js'
import type { RunnerProcess } from './runner-process.js'

type Call = Extract<FromRunner, { kind: 'call' }>

/** Between the wish that a run ends and the end of its process. */
const graceMs = 1_000

/** A step keeps its time by itself; where its code does not let it, its process is ended so much later. */
const timeoutGraceMs = 1_500

/** Steps of the worker are waited for so long when the execution that asked for them is over. */
const performGraceMs = 2_000

/** Longest delay of a timer. */
const timerMsMax = 2 ** 31 - 1

export interface RunInProcess {
  readonly session: RunSession
  readonly runner: RunnerProcess
  readonly perform: PerformStep
  readonly clock: Clock
}

export interface RanInProcess {
  readonly end: RunEnd
  /** Whether the process may take another run. */
  readonly isClean: boolean
}

/** Carries one execution of a run out in a process that is ready for it. Never throws. */
export async function runInProcess({ session, runner, perform, clock }: RunInProcess): Promise<RanInProcess> {
  const { run, signal } = session
  const waits = new Map<string, StepWait>()
  const timers = new Map<string, NodeJS.Timeout>()
  const now = () => clock.now()
  const output = new LineReader(limit('flows.output_bytes_max'), (stream, text) => {
    session.log([{ at: now(), level: stream === 'stderr' ? 'warn' : 'info', stream, text }])
  })
  let isBlocked = false
  let isOver = false
  /** Aborts when the execution is over, however it ended: the steps of the worker end with it. */
  const over = new AbortController()
  const performing = new Set<Promise<Performed>>()
  /** Ends of steps that are being written. */
  const ends = new Set<Promise<void>>()

  /** The code of a step did not let go when its time was over. */
  const endBlocked = async (name: string, timeoutMs: number) => {
    if (isOver) return
    isBlocked = true
    const failure = { code: 'flow_step_timed_out', params: { step: name, seconds: timeoutMs / 1000 } }
    await session.endStep(name, { kind: 'timed_out', failure }).catch(() => {})
    // Meanwhile the process may have told its end, and have another run.
    if (!isOver) runner.kill()
  }

  const waiting = (name: string, wait: StepWait): RunnerReply => {
    waits.set(name, wait)
    const until = wait.kind === 'moment' || wait.kind === 'approval' ? wait.until : undefined
    return { kind: 'waiting', ...(until === undefined ? {} : { until: until.toISOString() }) }
  }

  const answer = async (call: Call): Promise<RunnerReply> => {
    switch (call.method) {
      case 'begin': {
        const { timeoutMs, ...step } = call.step
        waits.delete(step.name)
        const begun = await session.beginStep(step)
        if (begun.kind === 'finished') return begun
        if (begun.kind === 'waiting') return waiting(step.name, begun.wait)
        if (timeoutMs !== undefined && !isOver) {
          const late = setTimeout(
            () => void endBlocked(step.name, timeoutMs),
            Math.min(timeoutMs + timeoutGraceMs, timerMsMax),
          )
          timers.set(step.name, late)
        }
        return { kind: 'begun', attempt: begun.attempt, idempotencyKey: begun.idempotencyKey }
      }
      case 'end': {
        const { name, end, retryInMs } = call
        clearTimeout(timers.get(name))
        timers.delete(name)
        const retryAt = retryInMs === undefined ? undefined : new Date(now().getTime() + retryInMs)
        const written = session.endStep(name, end, retryAt)
        ends.add(written)
        await written.finally(() => ends.delete(written))
        return { kind: 'done' }
      }
      case 'giveBack':
        await session.giveBack(call.names)
        return { kind: 'done' }
      case 'perform': {
        const { name } = call.step
        waits.delete(name)
        const work = perform({ ...session, signal: over.signal }, call)
        performing.add(work)
        const performed = await work.finally(() => performing.delete(work))
        return performed.kind === 'finished' ? performed : waiting(name, performed.wait)
      }
      case 'params':
        await session.setParams(call.params)
        return { kind: 'done' }
      case 'artifact':
        await session.addArtifact(call.key, call.step, call.content)
        return { kind: 'done' }
    }
  }

  let onEnded = (_: RanInProcess): void => {}
  const ended = new Promise<RanInProcess>((resolve) => {
    onEnded = resolve
  })
  runner.attach((message) => {
    switch (message.kind) {
      case 'call':
        answer(message).then(
          (ok) => runner.send({ kind: 'reply', call: message.call, ok }),
          (error: unknown) => runner.send({ kind: 'reply', call: message.call, error: failureOf(error) }),
        )
        break
      case 'log':
        session.log(message.lines.map((line) => ({ ...line, stream: line.stream ?? 'log', at: new Date(line.at) })))
        break
      case 'progress': {
        const { kind: _, step, ...progress } = message
        session.reportProgress(step, progress)
        break
      }
      case 'ended':
        onEnded({ end: endOf(message.end, waits, now()), isClean: message.isClean })
    }
  }, output.read)

  let late: NodeJS.Timeout | undefined
  const abort = () => {
    const { reason } = signal
    over.abort(reason)
    runner.send({ kind: 'abort', reason: failureOf(reason) })
    const isGone = isFabriqueError(reason) && reason.code === 'flow_run_taken_over'
    late = setTimeout(() => runner.kill(), isGone ? 0 : graceMs)
  }
  signal.addEventListener('abort', abort, { once: true })
  const { event, startedBy } = run
  runner.send({
    kind: 'run',
    run: {
      id: run.id,
      project: run.project,
      flow: run.flow,
      params: run.params,
      ...(startedBy === undefined ? {} : { startedBy: startedByOf(startedBy) }),
      ...(event === undefined ? {} : { event }),
      scheduledFor: run.scheduledFor.toISOString(),
      requestedBy: run.requestedBy,
      attempt: run.attempt,
      finished: run.finished,
    },
  })
  if (signal.aborted) abort()
  const died = runner.exited.then((death): RanInProcess => {
    if (signal.aborted) return { end: { kind: 'cancelled' }, isClean: false }
    // The step is over: another execution goes on after it.
    if (isBlocked) return { end: { kind: 'suspended', waits: [{ kind: 'moment', until: now() }] }, isClean: false }
    return { end: { kind: 'crashed', failure: failureOf(death) }, isClean: false }
  })
  const ran = await Promise.race([ended, died])
  isOver = true
  // What a process told before it died counts: its run is not ended before that is written.
  await Promise.allSettled(ends)
  clearTimeout(late)
  signal.removeEventListener('abort', abort)
  for (const timer of timers.values()) clearTimeout(timer)
  output.end()
  over.abort(new FabriqueError('flow_run_interrupted', { reason: 'the execution that began the step is over' }))
  if (performing.size > 0) {
    await Promise.race([Promise.allSettled(performing), sleep(performGraceMs, undefined, { ref: false })])
  }
  return signal.aborted ? { end: { kind: 'cancelled' }, isClean: ran.isClean } : ran
}

const startedByOf = ({ name, moment }: NonNullable<RunSession['run']['startedBy']>) => ({
  name,
  ...(moment === undefined ? {} : { moment: moment.toISOString() }),
})

function endOf(end: RunnerEnd, waits: ReadonlyMap<string, StepWait>, now: Date): RunEnd {
  switch (end.kind) {
    case 'suspended':
      return { kind: 'suspended', waits: waits.size === 0 ? [{ kind: 'moment', until: now }] : [...waits.values()] }
    case 'failed':
      return { kind: 'failed', failure: end.failure, isFinal: end.isFinal }
    case 'completed':
    case 'cancelled':
      return end
  }
}
