import { createHash } from 'node:crypto'
import type { Candidate, Trial } from '@fabrique/ml'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { createRun, logBatch, updateRun } from '../tracking/index.js'
import { entries } from './run-records.js'

/** What is written to a run while its training goes on, in order and one after the other. */
export interface RunLog {
  /** Metrics of a step; those that come while others are written are written together. */
  points(metrics: Readonly<Record<string, number>>, step: number): void
  /** Something else that is to be written. */
  write(work: () => Promise<unknown>): void
  /** Ends when all is written. Throws what could not be. */
  flush(): Promise<void>
}

interface Point {
  readonly key: string
  readonly value: number
  readonly timestamp: number
  readonly step: number
}

export interface RunLogOptions {
  readonly runId: string
  /** The last step that each metric has from before a crash: the same fit tells the same values again. */
  readonly lastSteps: ReadonlyMap<string, number>
  /** Told once, as soon as something cannot be written. */
  readonly onFailure: (error: unknown) => void
}

/** Opens the log of a run. */
export function openRunLog(ctx: VerbContext, { runId, lastSteps, onFailure }: RunLogOptions): RunLog {
  let waiting: Point[] = []
  let failure: { readonly error: unknown } | undefined
  let last: Promise<unknown> = Promise.resolve()
  const write = (work: () => Promise<unknown>) => {
    last = last
      .then(() => (failure === undefined ? work() : undefined))
      .catch((error: unknown) => {
        failure = { error }
        onFailure(error)
      })
  }
  const writePoints = async () => {
    const points = waiting
    waiting = []
    const most = limit('mlflow.batch_metrics_max')
    for (let from = 0; from < points.length; from += most) {
      await logBatch({ ctx, input: { run_id: runId, metrics: points.slice(from, from + most) } })
    }
  }
  return {
    points(metrics, step) {
      const timestamp = ctx.clock.now().getTime()
      const isFirst = waiting.length === 0
      for (const [key, value] of Object.entries(metrics)) {
        const isNew = step > (lastSteps.get(key) ?? Number.NEGATIVE_INFINITY)
        if (isNew && Number.isFinite(value)) waiting.push({ key, value, timestamp, step })
      }
      if (isFirst && waiting.length > 0) write(writePoints)
    },
    write,
    async flush() {
      await last
      if (failure !== undefined) throw failure.error
    },
  }
}

/** One try among others, as a run below that of the training. */
export interface NestedRun {
  readonly number: number
  readonly name: string
  readonly status: 'FINISHED' | 'FAILED' | 'KILLED'
  readonly params: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, number>>
  readonly tags: Readonly<Record<string, string>>
}

export function trialRun(trial: Trial, metric: string): NestedRun {
  const { number, value, resource, error, parameters } = trial
  const status = ({ finished: 'FINISHED', pruned: 'KILLED', failed: 'FAILED' } as const)[trial.state]
  return {
    number,
    name: `trial ${number + 1}`,
    status,
    params: textsOf(parameters),
    metrics: trial.state !== 'finished' || value === null ? {} : { [metric]: value },
    tags: {
      'fabrique.trial': String(number + 1),
      'fabrique.trial_state': trial.state,
      ...(resource < 1 ? { 'fabrique.trial_resource': String(resource) } : {}),
      ...(error === undefined ? {} : { 'fabrique.error': error }),
    },
  }
}

export function candidateRun(candidate: Candidate, number: number): NestedRun {
  const { estimator, state, metrics, reason, seconds } = candidate
  const status = ({ finished: 'FINISHED', skipped: 'KILLED', failed: 'FAILED' } as const)[state]
  return {
    number,
    name: estimator.kind,
    status,
    params: { estimator: estimator.kind, ...textsOf(estimator.params ?? {}) },
    metrics: { ...metrics, ...(state === 'finished' ? { fit_seconds: seconds } : {}) },
    tags: {
      'fabrique.trial': String(number + 1),
      'fabrique.trial_state': state,
      ...(reason === undefined ? {} : { 'fabrique.error': reason }),
    },
  }
}

function textsOf(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}

/** The run that the training fills, as those below it need it. */
export interface ParentRun {
  readonly id: string
  readonly experimentId: string
  readonly tags: Readonly<Record<string, string>>
}

/** Writes a nested run. Its id follows from its parent and number: one that is there, from before a crash, stays as it is. */
export async function writeNested(ctx: VerbContext, parent: ParentRun, nested: NestedRun): Promise<void> {
  const id = createHash('sha256').update(`${parent.id}/${nested.number}`).digest('hex').slice(0, 32)
  const at = ctx.clock.now().getTime()
  const run = await createRun({
    ctx,
    input: {
      experiment_id: parent.experimentId,
      run_id: id,
      run_name: nested.name,
      start_time: at,
      user_id: ctx.actor.id,
      tags: entries({ 'mlflow.parentRunId': parent.id, ...parent.tags, ...nested.tags }),
    },
  })
  if (run.info.status !== 'RUNNING') return
  await logBatch({
    ctx,
    input: {
      run_id: id,
      params: entries(nested.params),
      metrics: Object.entries(nested.metrics)
        .filter(([, value]) => Number.isFinite(value))
        .map(([key, value]) => ({ key, value, timestamp: at, step: 0 })),
    },
  })
  await updateRun({ ctx, input: { run_id: id, status: nested.status, end_time: at } })
}
