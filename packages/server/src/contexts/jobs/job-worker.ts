import { FabriqueError, isFabriqueError, type JobProgress, type Json } from '@fabrique/contract'
import { sql } from 'kysely'
import pg from 'pg'
import { z } from 'zod'
import { limit, retry } from '../../kernel/index.js'
import {
  changeVerb,
  clientConfig,
  databaseAway,
  type EventStream,
  isDatabaseAway,
  systemActor,
  toDatabaseError,
  type VerbContext,
} from '../../platform/index.js'
import { jobChannel } from './job-wake-ups.js'
import { type JobRow, jobTables, type StoredError } from './store.js'

/** First number of the advisory lock that stands for a job that runs. */
const jobLock = 7239

/** A job as its handler sees it. The context carries a signal that aborts when someone cancels the job. */
export interface RunningJob {
  readonly ctx: VerbContext
  readonly id: string
  readonly project: string | undefined
  readonly input: Json
  /** Shows how far it is; what is told within a second of the last time is dropped. */
  report(progress: JobProgress): void
}

/**
 * The work of one kind of job. Must be safe to run again from its start, since the worker may die; must leave nothing
 * half-visible when the signal aborts or it throws. Gives the result that is shown.
 */
export type JobHandler = (job: RunningJob) => Promise<Json>

export interface JobWorkerOptions {
  readonly ctx: VerbContext
  readonly url: string
  readonly events: EventStream
  readonly handlers: Readonly<Record<string, JobHandler>>
  /** Jobs that run at once in this process. */
  readonly jobsMax?: number
  /** Longest wait for a job whose wake-up was lost. */
  readonly pollMs?: number
}

/** Takes queued jobs, and those of workers that died. */
export interface JobWorker {
  close(): Promise<void>
}

/** Writes that a job has begun. Gives nothing when it is over or was taken by another worker. */
const beginJob = changeVerb({
  name: 'jobs.begin_job',
  permission: 'jobs.write',
  input: z.object({ job: z.string() }),
  async run({ ctx, input, record, unchanged }): Promise<JobRow | undefined> {
    const at = ctx.clock.now()
    const row = await jobTables(ctx)
      .updateTable('jobs')
      .set((current) => ({
        state: 'running' as const,
        attempts: sql<number>`attempts + 1`,
        started_at: current.fn.coalesce('started_at', current.val(at)),
        progress: null,
      }))
      .where('id', '=', input.job)
      .where('state', 'in', ['queued', 'running'])
      .returningAll()
      .executeTakeFirst()
    if (row === undefined) {
      unchanged()
      return undefined
    }
    await record({
      subject: `jobs/${row.id}`,
      event: 'job.changed',
      payload: { job_id: row.id, kind: row.kind, subject: row.subject, state: 'running' },
    })
    return row as JobRow
  },
})

const endJob = changeVerb({
  name: 'jobs.end_job',
  permission: 'jobs.write',
  input: z.object({
    job: z.string(),
    /** Which attempt ended: of one that another worker has begun again since, nothing is written. */
    attempt: z.number(),
    state: z.enum(['succeeded', 'failed', 'cancelled']),
    result: z.custom<Json>().optional(),
    error: z.custom<StoredError>().optional(),
  }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const row = await jobTables(ctx)
      .updateTable('jobs')
      .set({
        state: input.state,
        ended_at: ctx.clock.now(),
        result: input.result === undefined ? null : JSON.stringify(input.result),
        error: input.error === undefined ? null : JSON.stringify(input.error),
      })
      .where('id', '=', input.job)
      .where('attempts', '=', input.attempt)
      .where('state', '=', 'running')
      .returning(['id', 'kind', 'subject'])
      .executeTakeFirst()
    if (row === undefined) unchanged()
    else {
      await record({
        subject: `jobs/${row.id}`,
        event: 'job.changed',
        payload: { job_id: row.id, kind: row.kind, subject: row.subject, state: input.state },
      })
      await sql`select pg_notify(${jobChannel}, ${row.id})`.execute(ctx.db)
    }
  },
})

interface Active {
  readonly abort: AbortController
  readonly done: Promise<void>
}

/**
 * Starts taking jobs. A job that runs is one advisory lock of a session of its worker: PostgreSQL frees it the moment the process
 * dies, and another worker begins the job again.
 */
export async function startJobWorker(options: JobWorkerOptions): Promise<JobWorker> {
  const { ctx, handlers } = options
  const jobsMax = options.jobsMax ?? limit('jobs.running_max')
  const active = new Map<string, Active>()
  let session: pg.Client | undefined
  let closed = false
  const closing = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let ticking: Promise<void> | undefined
  let again = false

  /** The session that holds the locks; when it is lost, so are they: what runs is stopped and begun again. */
  const openSession = async (): Promise<pg.Client> => {
    if (session !== undefined) return session
    const client = new pg.Client({ ...clientConfig(options.url, 'fabrique jobs'), keepAlive: true })
    client.on('error', () => {})
    client.on('end', () => {
      if (session !== client) return
      session = undefined
      for (const { abort } of active.values())
        abort.abort(new FabriqueError('database_unavailable', { reason: 'lost' }))
    })
    await client.connect()
    session = client
    return client
  }

  const lock = async (client: pg.Client, id: string, verb: 'pg_try_advisory_lock' | 'pg_advisory_unlock') => {
    const { rows } = await client.query<{ ok: boolean }>(`select ${verb}($1, hashtext($2)) as ok`, [jobLock, id])
    return rows[0]?.ok === true
  }

  const perform = async (client: pg.Client, row: JobRow, abort: AbortController) => {
    // What a run of a flow asked for is done in its name: that tells the events that it causes from others.
    const actor = row.requested_by.startsWith('system:flow_') ? systemActor(row.requested_by.slice(7)) : ctx.actor
    const jobCtx: VerbContext = { ...ctx, actor, requestId: row.id, signal: abort.signal }
    let reportedAt = 0
    let reporting: Promise<unknown> = Promise.resolve()
    const end = (how: Pick<Parameters<typeof endJob>[0]['input'], 'state' | 'result' | 'error'>) =>
      retry(() => endJob({ ctx, input: { job: row.id, attempt: row.attempts, ...how } }), {
        ...databaseAway,
        signal: closing.signal,
      })
    const job: RunningJob = {
      ctx: jobCtx,
      id: row.id,
      project: row.project ?? undefined,
      input: row.input as Json,
      report(progress) {
        const now = ctx.clock.now().getTime()
        if (now - reportedAt < 1_000) return
        reportedAt = now
        const text = JSON.stringify(progress)
        // Progress is told, not kept: it needs no audit entry, and a loss of it harms no one.
        reporting = reporting.then(() =>
          sql`with told as (update jobs set progress = ${text}::jsonb where id = ${row.id} and state = 'running' returning id)
              select pg_notify(${jobChannel}, id) from told`
            .execute(ctx.db)
            .catch(() => {}),
        )
      },
    }
    try {
      const handler = handlers[row.kind]
      if (handler === undefined) throw new FabriqueError('job_kind_unknown', { kind: row.kind })
      if (row.attempts > limit('jobs.attempts_max')) {
        throw new FabriqueError('job_abandoned', { job: row.id, attempts: row.attempts - 1 })
      }
      if (row.cancel_requested) abort.abort()
      abort.signal.throwIfAborted()
      const result = await handler(job)
      await reporting
      await end({ state: 'succeeded', result })
    } catch (error) {
      await reporting
      // The worker stops, or lost its session: the job stays open for the next one.
      if (closed || session !== client) return
      if (abort.signal.aborted) {
        await end({ state: 'cancelled' })
        return
      }
      const cause = toDatabaseError(error)
      // Nothing is wrong with the job: it is begun again once the database answers.
      if (isDatabaseAway(cause)) {
        ctx.log.info({ job: row.id, kind: row.kind, err: cause }, 'A job waits for the database')
        return
      }
      const known = isFabriqueError(cause) ? cause : new FabriqueError('internal_error', {}, { cause })
      if (known.code === 'internal_error') ctx.log.error({ job: row.id, kind: row.kind, err: error }, 'A job failed')
      const stored: StoredError = { code: known.code, params: known.params }
      await end({ state: 'failed', error: stored })
    }
  }

  const take = async (client: pg.Client, id: string) => {
    if (!(await lock(client, id, 'pg_try_advisory_lock'))) return
    const row = await beginJob({ ctx, input: { job: id } })
    if (row === undefined) {
      await lock(client, id, 'pg_advisory_unlock')
      return
    }
    if (row.attempts > 1) ctx.log.info({ job: id, kind: row.kind }, 'Beginning a job of a worker that died again')
    const abort = new AbortController()
    const done = perform(client, row, abort)
      .catch((error: unknown) => ctx.log.warn({ job: id, err: error }, 'The end of a job could not be recorded'))
      .finally(async () => {
        active.delete(id)
        if (session === client) await lock(client, id, 'pg_advisory_unlock').catch(() => {})
        if (!closed) void tick()
      })
    active.set(id, { abort, done })
  }

  const tickOnce = async () => {
    const client = await openSession()
    const open = await jobTables(ctx)
      .selectFrom('jobs')
      .select(['id', 'cancel_requested'])
      .where('state', 'in', ['queued', 'running'])
      .where('kind', 'in', Object.keys(handlers))
      .orderBy('created_at')
      .limit(200)
      .execute()
    for (const { id, cancel_requested } of open) {
      if (cancel_requested) active.get(id)?.abort.abort()
      if (!active.has(id) && active.size < jobsMax && !closed) await take(client, id)
    }
  }

  const tick = async () => {
    again = true
    ticking ??= (async () => {
      try {
        while (again && !closed) {
          again = false
          await tickOnce()
        }
      } catch (error) {
        ctx.log.debug({ err: error }, 'Jobs wait for the database')
      } finally {
        ticking = undefined
      }
    })()
    await ticking
  }

  const poll = async () => {
    await tick()
    if (!closed) timer = setTimeout(() => void poll(), options.pollMs ?? 2_000)
  }
  await openSession()
  const unsubscribe = options.events.subscribe((events) => {
    if (events.some(({ kind }) => kind === 'job.changed')) void tick()
  })
  void poll()

  return {
    async close() {
      closed = true
      closing.abort()
      clearTimeout(timer)
      unsubscribe()
      await ticking
      for (const { abort } of active.values()) abort.abort()
      await Promise.all([...active.values()].map(({ done }) => done))
      await session?.end().catch(() => {})
    },
  }
}
