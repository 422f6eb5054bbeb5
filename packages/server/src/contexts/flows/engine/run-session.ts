import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import { limit, retry } from '../../../kernel/index.js'
import type { Db } from '../../../platform/index.js'
import { beginAgain, idempotencyKey } from './begin-again.js'
import { type Claim, takenOver } from './claim.js'
import type { TakenRun } from './claim-runs.js'
import { openRunLog } from './log-writes.js'
import type { BegunStep, RunSession, StepToBegin } from './model.js'
import { query } from './statements.js'
import type { StepWrites } from './step-writes.js'

export interface SessionOptions {
  readonly db: Db
  readonly writes: StepWrites
  readonly taken: TakenRun
  readonly worker: string
  readonly abort: AbortController
  /** Aborts when this worker may write nothing more of the run: it was taken over, or the worker is gone. */
  readonly gone: AbortController
  /** Called after each write that people may look at. */
  readonly onChange: (run: string) => void
  /** Ends when a slot of a limit was freed, or after a while. */
  readonly slotFreed: () => Promise<void>
}

/** A session, and what the worker asks it. */
export interface OpenSession {
  readonly session: RunSession
  readonly claim: Claim
  /** Does a write, again and again while the database is away. */
  attempt<Result>(write: () => Promise<Result>): Promise<Result>
}

const holdColumns = `
  update flow_steps as step set state_type = 'PAUSED', state_name = case when $7::jsonb is null then 'Suspended' else 'Paused' end,
    wake_at = $4, child_run = $5, job = $6, approval = coalesce(step.approval, '{}') || $7::jsonb
  from claimed where step.key = claimed.id || ':' || $8::text and step.ended_at is null
  returning 1`
const claimed = 'with claimed as (select id from flow_runs where id = $1 and worker_id = $2 and epoch = $3 for share)'
const holdStep = `${claimed}, written as (${holdColumns}) select count(*)::integer as written from claimed`
const takeBack = `${claimed}, written as (
    delete from flow_steps as step using claimed, unnest($4::text[], $5::integer[]) as begun (key, position)
    where step.key = begun.key and step.position = begun.position and step.state_type = 'RUNNING' and step.attempts = 1
  ) select count(*)::integer as written from claimed`
const setParams = `update flow_runs set params = $4 where id = $1 and worker_id = $2 and epoch = $3 returning id`
// Of a key the newest is kept, at the place of the first one. What goes beyond the bounds of a run is counted and dropped, as lines are.
const addArtifact = `${claimed}, others as (
    select count(artifact.id) as keys, coalesce(sum(artifact.bytes), 0) as bytes
    from claimed left join flow_artifacts artifact on artifact.run_id = claimed.id and artifact.key <> $4
  ), written as (
    insert into flow_artifacts (run_id, key, step, at, content, bytes)
    select id, $4, $5, clock_timestamp(), $6, $7::bigint from claimed, others where keys < $8::bigint and others.bytes + $7::bigint <= $9::bigint
    on conflict (run_id, key) do update set step = excluded.step, at = excluded.at, content = excluded.content, bytes = excluded.bytes
    returning id
  ), dropped as (
    insert into flow_log_counts as counts (run_id, artifacts_dropped) select id, 1 from claimed where not exists (select from written)
    on conflict (run_id) do update set artifacts_dropped = counts.artifacts_dropped + 1
  ) select count(*)::integer as written from claimed`
const setProgress = `${claimed}
  update flow_steps as step set progress = $5 from claimed where step.key = claimed.id || ':' || $4::text and step.ended_at is null`
const noCrashes = `update flow_runs set crashes = 0 where id = $1 and worker_id = $2 and epoch = $3`

type StepState = 'running' | 'waiting' | 'over'

/** How long a step waits in place for a slot while nothing else of its run is at work. */
const slotWaits = 2

/** Opens the session of a claimed run. */
export function openSession(options: SessionOptions): OpenSession {
  const { db, writes, taken, abort, gone } = options
  const claim: Claim = { run: taken.run.id, worker: options.worker, epoch: taken.run.epoch }
  const identity = [claim.run, claim.worker, claim.epoch]
  /** Steps of this execution: at work, held or to be tried again, over. */
  const steps = new Map<string, { readonly step: StepToBegin; readonly place: number; state: StepState }>()
  let position = taken.position
  let hasCrashes = taken.crashes > 0

  /** What waits for an answer of the database when the run is gone: it waits no longer. */
  const waiting = new Set<(reason: unknown) => void>()
  gone.signal.addEventListener('abort', () => {
    for (const reject of waiting) reject(gone.signal.reason)
  })
  const orGone = <Result>(work: Promise<Result>) =>
    new Promise<Result>((resolve, reject) => {
      waiting.add(reject)
      work.then(resolve, reject).finally(() => waiting.delete(reject))
    })

  const attempt = async <Result>(write: () => Promise<Result>): Promise<Result> => {
    gone.signal.throwIfAborted()
    try {
      return await orGone(
        retry(write, {
          attempts: Number.MAX_SAFE_INTEGER,
          delayMs: 250,
          delayMsMax: 2_000,
          signal: gone.signal,
          retryable: (error) =>
            !gone.signal.aborted &&
            isFabriqueError(error) &&
            (error.code === 'database_unavailable' || error.code === 'database_conflict'),
        }),
      )
    } catch (error) {
      if (isFabriqueError(error) && error.code === 'flow_run_taken_over') {
        abort.abort(error)
        gone.abort(error)
      }
      gone.signal.throwIfAborted()
      throw error
    }
  }

  /** A statement that finds its claim; anything else is a run that was taken over. */
  const claimedWrite = (text: string, values: readonly unknown[]) =>
    attempt(async () => {
      const [row] = await query<{ written?: number }>(db, text, [...identity, ...values])
      if (row === undefined || row.written === 0) throw takenOver(claim.run)
      options.onChange(claim.run)
    })

  const beginLimited = async (step: StepToBegin, place: number): Promise<BegunStep> => {
    for (let waits = 0; ; waits += 1) {
      const { begun, isLimited } = await attempt(() => beginAgain(db, claim, step, place))
      if (isLimited !== true || abort.signal.aborted) return begun
      const isAlone = ![...steps.values()].some(({ state }) => state === 'running')
      if (isAlone && waits >= slotWaits) return begun
      await options.slotFreed()
    }
  }

  const begin = async (step: StepToBegin, place: number): Promise<BegunStep> => {
    if (step.cache === undefined && (step.limits === undefined || step.limits.length === 0)) {
      const isNew = await attempt(() => writes.begin({ claim, step, position: place }))
      if (isNew) return { kind: 'begun', attempt: 1, idempotencyKey: idempotencyKey(claim.run, step.name) }
    }
    return beginLimited(step, place)
  }

  const log = openRunLog({ db, claim, attempt, onWritten: () => options.onChange(claim.run) })
  const told = new Map<string, { readonly done: number; readonly total?: number }>()
  const writeProgress = (step: string) => {
    const progress = JSON.stringify(told.get(step))
    told.delete(step)
    if (gone.signal.aborted) return
    query(db, setProgress, [...identity, step, progress]).then(
      () => options.onChange(claim.run),
      () => {},
    )
  }

  const session: RunSession = {
    run: taken.run,
    signal: abort.signal,
    async beginStep(step) {
      const known = steps.get(step.name)
      if (known !== undefined && known.state !== 'waiting') {
        throw new FabriqueError('flow_step_name_taken', { step: step.name })
      }
      const own = { step, place: position, state: 'waiting' as StepState }
      position += 1
      steps.set(step.name, own)
      const begun = await begin(step, own.place)
      own.state = begun.kind === 'begun' ? 'running' : begun.kind === 'finished' ? 'over' : 'waiting'
      options.onChange(claim.run)
      return begun
    },
    async endStep(name, end, retryAt) {
      const own = steps.get(name)
      const ended = { claim, name, end, ...(retryAt === undefined ? {} : { retryAt }) }
      const isSpecial = own !== undefined && (own.step.cache !== undefined || (own.step.limits ?? []).length > 0)
      await attempt(() => (isSpecial ? writes.endSpecial(ended, own.step.cache) : writes.end(ended)))
      if (own !== undefined) own.state = retryAt === undefined ? 'over' : 'waiting'
      if (hasCrashes && end.kind === 'completed') {
        hasCrashes = false
        await attempt(() => query(db, noCrashes, identity))
      }
      options.onChange(claim.run)
    },
    async giveBack(names) {
      // By their places too: a statement that comes late does not take what was begun since.
      const places = names.map((name) => steps.get(name)?.place ?? -1)
      await claimedWrite(takeBack, [names.map((name) => idempotencyKey(claim.run, name)), places])
      for (const name of names) steps.delete(name)
    },
    async holdStep(name, { wakeAt, childRun, job, approval }) {
      const values = [wakeAt ?? approval?.until ?? null, childRun ?? null, job ?? null]
      await claimedWrite(holdStep, [...values, approval === undefined ? null : JSON.stringify(approval), name])
      const own = steps.get(name)
      if (own !== undefined) own.state = 'waiting'
    },
    setParams: (params) => claimedWrite(setParams, [JSON.stringify(params)]),
    reportProgress(step, progress) {
      // The newest of half a second is written: what a fast step tells in between is told to nobody.
      const isWaiting = told.has(step)
      told.set(step, progress)
      if (!isWaiting) setTimeout(writeProgress, 500, step).unref()
    },
    log: (lines) => log.add(lines),
    addArtifact(key, step, content) {
      const text = JSON.stringify(content)
      const bounds = [limit('flows.artifacts_max'), limit('flows.artifacts_bytes_max')]
      return claimedWrite(addArtifact, [key, step ?? null, text, Buffer.byteLength(text), ...bounds])
    },
    flush: () => log.flush(),
  }
  return { session, claim, attempt }
}
