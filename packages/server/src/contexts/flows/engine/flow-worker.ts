import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { type EventStream, openDatabase, type VerbContext } from '../../../platform/index.js'
import { overJobs } from '../../jobs/index.js'
import { claimRuns, type TakenRun } from './claim-runs.js'
import { holdLease } from './leases.js'
import type { KnownFlow } from './model.js'
import { type ExecutionTools, execute } from './run-execution.js'
import { flowChannel, notifyWatchers, query } from './statements.js'
import { openStepWrites } from './step-writes.js'
import { takeLeft, takeOverLost } from './take-over.js'
import { wakeAfterJobs } from './wake-runs.js'

export interface FlowWorkerOptions {
  readonly ctx: VerbContext
  readonly url: string
  readonly events: EventStream
  /** What it can run. */
  readonly flows: readonly KnownFlow[]
  /** Runs of flows of projects at once; built-in ones have places of their own. */
  readonly runsMax?: number
  readonly host: string
  readonly pid: number
  /** Longest wait for a run whose wake-up was lost. */
  readonly pollMs?: number
  readonly leaseMs?: number
  readonly renewMs?: number
}

/** Takes runs of flows, and those of workers that are lost. */
export interface FlowWorker {
  /** The id under which others see it; undefined for a moment after it was taken for lost. */
  id(): string | undefined
  /** Gives back what it runs. */
  close(): Promise<void>
}

/** A run in the hands of this worker. */
interface Active {
  readonly taken: TakenRun
  readonly worker: string
  readonly abort: AbortController
  readonly gone: AbortController
  readonly done: Promise<void>
}

/** What a stopping worker waits for its executions to end. */
const stopMs = 3_000
const watchersMs = 500
/** Runs of this worker that go on sooner are looked for at their moment; of longer waits, the time of one poll more is nothing. */
const dueMsMax = 60_000
/** After the moment, so that the end that names it is committed. */
const dueGraceMs = 10
/** A run that is asked for after a pause finds connections that have prepared its statements. */
const connectionIdleMs = 600_000
/** Jobs that are asked for at once. */
const jobsMax = 1_000

export async function startFlowWorker(options: FlowWorkerOptions): Promise<FlowWorker> {
  const { ctx } = options
  const pollMs = options.pollMs ?? 1_000
  const leaseMs = options.leaseMs ?? limit('flows.lease_ms')
  // A pool of its own: what runs never waits for a connection that the work of a step holds. A connection that was cut off in the middle
  // of a transaction must not keep its locks. Plans are kept, and made while the tables are small: no scan is to be among them.
  const database = openDatabase({
    url: options.url,
    applicationName: 'fabrique flows',
    poolMax: 4,
    idleMs: connectionIdleMs,
    settings: {
      idle_in_transaction_session_timeout: '4000',
      enable_seqscan: 'off',
      plan_cache_mode: 'force_generic_plan',
    },
    onError: (error) => ctx.log.debug({ err: error }, 'A connection of the flow worker broke'),
  })
  const { db } = database
  const active = new Map<string, Active>()
  const changed = new Set<string>()
  const freed = new Set<() => void>()
  let closed = false

  const tools: ExecutionTools = {
    ctx,
    db,
    writes: openStepWrites(db),
    async jobsOver(jobs) {
      const over = new Set<string>()
      for (let at = 0; at < jobs.length; at += jobsMax) {
        const some = await overJobs({ ctx, input: { jobs: jobs.slice(at, at + jobsMax) } })
        for (const job of some) over.add(job)
      }
      return over
    },
    chance: () => Number.parseInt(ctx.ids.hex32().slice(-8), 16) / 0x1_0000_0000,
    onChange: (run) => changed.add(run),
    onDue(inMs) {
      if (inMs < dueMsMax) setTimeout(tick, Math.max(0, inMs) + dueGraceMs).unref()
    },
    slotFreed: () =>
      new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer)
          freed.delete(end)
          resolve()
        }
        const timer = setTimeout(end, 1_000)
        freed.add(end)
      }),
  }

  const onLost = (worker: string) => {
    for (const { taken, abort, gone, worker: own } of active.values()) {
      if (own !== worker) continue
      const reason = new FabriqueError('flow_run_taken_over', { flow_run: taken.run.id })
      abort.abort(reason)
      gone.abort(reason)
    }
  }
  const lease = await holdLease({
    url: options.url,
    log: ctx.log,
    newId: () => ctx.ids.prefixed('wrk'),
    host: options.host,
    pid: options.pid,
    flows: options.flows,
    runsMax: options.runsMax ?? limit('flows.runs_max'),
    leaseMs,
    renewMs: options.renewMs ?? leaseMs / 4,
    onLost,
    onSilence: () => database.breakConnections(),
  }).catch(async (error: unknown) => {
    await database.close()
    throw error
  })

  const begin = (taken: TakenRun, worker: string) => {
    const abort = new AbortController()
    const gone = new AbortController()
    const key = `${taken.run.id} ${taken.run.epoch}`
    if (lease.worker() !== worker) {
      const reason = new FabriqueError('flow_run_taken_over', { flow_run: taken.run.id })
      abort.abort(reason)
      gone.abort(reason)
    }
    const done = execute(tools, taken, { worker, abort, gone }).finally(() => {
      active.delete(key)
      tick()
    })
    active.set(key, { taken, worker, abort, gone, done })
  }

  const places = [
    { isBuiltIn: true, most: limit('flows.loops_max') },
    { isBuiltIn: false, most: options.runsMax ?? limit('flows.runs_max') },
  ].map((place) => ({
    ...place,
    flows: options.flows.filter(({ isBuiltIn = false }) => isBuiltIn === place.isBuiltIn),
  }))

  const claim = async () => {
    for (const { isBuiltIn, most, flows } of places) {
      const worker = lease.worker()
      const used = [...active.values()].filter(({ taken }) => (taken.flow.isBuiltIn ?? false) === isBuiltIn).length
      if (flows.length === 0 || used >= most || closed || worker === undefined) continue
      for (const taken of await claimRuns(db, worker, flows, most - used)) begin(taken, worker)
    }
  }

  /** Between two claims: whatever this worker has, it runs, or it does not know of it. */
  const takeOwnLeft = async () => {
    const worker = lease.worker()
    if (worker === undefined) return
    for (const run of await takeLeft(db, worker, [...active.keys()])) {
      ctx.log.warn({ flow_run: run }, 'A run that this worker had and did not run goes on')
    }
  }

  let again = false
  let looksForLeft = false
  let ticking: Promise<void> | undefined
  const tick = () => {
    again = true
    ticking ??= (async () => {
      try {
        while (again && !closed) {
          again = false
          const looks = looksForLeft
          looksForLeft = false
          if (looks) await takeOwnLeft()
          await claim()
        }
      } catch (error) {
        ctx.log.debug({ err: error }, 'Runs of flows wait for the database')
      } finally {
        ticking = undefined
      }
    })()
  }

  const cancel = (run: string) => {
    for (const { taken, abort } of active.values()) {
      if (taken.run.id === run) abort.abort(new FabriqueError('flow_run_cancelled', { flow_run: run }))
    }
  }

  /** What a lost wake-up left: runs to be cancelled, jobs that are over, workers that are lost. */
  const sweep = async () => {
    const worker = lease.worker()
    if (worker === undefined) return
    if (active.size > 0) {
      const rows = await query<{ id: string }>(
        db,
        'select id from flow_runs where worker_id = $1 and cancel_requested',
        [worker],
      )
      for (const { id } of rows) cancel(id)
    }
    await wakeAfterJobs(db, tools.jobsOver)
    looksForLeft = true
    if (closed || !lease.isSteady()) return
    for (const run of await takeOverLost(db, worker, leaseMs * 0.6)) {
      ctx.log.info({ flow_run: run }, 'Taking over a run of a worker that was lost')
    }
  }

  const stopListening = options.events.listen(flowChannel, (payload) => {
    if (payload.startsWith('cancel:')) cancel(payload.slice('cancel:'.length))
    if (payload.startsWith('limit:')) {
      for (const end of [...freed]) end()
    }
    tick()
  })
  const unsubscribe = options.events.subscribe((events) => {
    if (events.some(({ kind, payload }) => kind === 'job.changed' && isOver(payload.state))) {
      wakeAfterJobs(db, tools.jobsOver).catch(() => {})
    }
  })
  const repeat = (everyMs: number, action: () => Promise<unknown>) => {
    let running: Promise<unknown> | undefined
    const timer = setInterval(() => {
      running ??= action()
        .catch((error: unknown) => ctx.log.debug({ err: error }, 'Flows wait for the database'))
        .finally(() => {
          running = undefined
        })
    }, everyMs)
    return async () => {
      clearInterval(timer)
      await running
    }
  }
  const stops = [
    repeat(pollMs, async () => tick()),
    repeat(2 * pollMs, sweep),
    repeat(watchersMs, async () => {
      const runs = [...changed]
      changed.clear()
      await notifyWatchers(db, runs)
    }),
  ]
  tick()

  return {
    id: () => lease.worker(),
    async close() {
      closed = true
      stopListening()
      unsubscribe()
      const stopActive = () => {
        for (const { taken, abort } of active.values()) {
          abort.abort(new FabriqueError('flow_worker_stopping', { flow_run: taken.run.id }))
        }
      }
      stopActive()
      // What does not end, or waits for a database that gives no answer, is left to be taken over.
      const timer = setTimeout(() => {
        for (const { abort, gone } of active.values()) gone.abort(abort.signal.reason)
        database.breakConnections()
      }, stopMs)
      await Promise.all(stops.map((stop) => stop()))
      await ticking
      stopActive()
      const ended = Promise.all([...active.values()].map(({ done }) => done))
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 2 * stopMs).unref())])
      clearTimeout(timer)
      await lease.close()
      await database.close()
    },
  }
}

const isOver = (state: unknown) => state === 'succeeded' || state === 'failed' || state === 'cancelled'
