import type { FlowRunState } from '@fabrique/contract'
import { sql } from 'kysely'
import pg from 'pg'
import { clientConfig, type EventStream, type FlowEngine, type VerbContext } from '../../platform/index.js'
import { flowTables } from './store.js'
import { closeInterrupted } from './update-flow-run.js'

/** First number of the advisory lock that a living worker holds. */
const workerLock = 7236

export interface FlowWorkerOptions {
  readonly ctx: VerbContext
  readonly url: string
  readonly workerId: string
  readonly host: string
  readonly pid: number
  readonly engine: FlowEngine
  readonly events: EventStream
  /** Longest wait for a request whose wake-up was lost, and between looks for dead workers. */
  readonly pollMs?: number
}

/** Takes queued flow runs, and those of workers that died. */
export interface FlowWorker {
  close(): Promise<void>
}

/** The workers whose session still holds its lock: PostgreSQL drops it the moment a process dies. */
export async function listAliveWorkers(ctx: VerbContext): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select w.id from workers w join pg_locks l
      on l.locktype = 'advisory' and l.classid = ${workerLock} and l.objid = w.number::oid and l.objsubid = 2 and l.granted
     and l.database = (select oid from pg_database where datname = current_database())
  `.execute(ctx.db)
  return rows.map(({ id }) => id)
}

export async function startFlowWorker(options: FlowWorkerOptions): Promise<FlowWorker> {
  const { ctx, engine, workerId } = options
  const dispatched = new Set<string>()
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let session: pg.Client | undefined
  let ticking: Promise<void> | undefined
  let again = false

  /** Opens the session that shows this worker to be alive; opened again after the database was away. */
  const holdLock = async () => {
    if (session !== undefined) return
    const client = new pg.Client({ ...clientConfig(options.url, `fabrique worker ${workerId}`), keepAlive: true })
    client.on('error', () => {})
    client.on('end', () => {
      if (session === client) session = undefined
    })
    try {
      await client.connect()
      const { rows } = await client.query<{ number: number }>(
        `insert into workers (id, host, pid, started_at) values ($1, $2, $3, $4)
         on conflict (id) do update set pid = excluded.pid returning number`,
        [workerId, options.host, options.pid, ctx.clock.now()],
      )
      await client.query('select pg_advisory_lock($1, $2)', [workerLock, rows[0]?.number])
      session = client
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
  }

  /** A run that could not record its end must not block the next one for ever. */
  const closeEnded = async () => {
    const open: FlowRunState = 'running'
    const running = await flowTables(ctx)
      .selectFrom('flow_runs')
      .select('id')
      .where('state', '=', open)
      .limit(100)
      .execute()
    const ended = await engine.ended(running.map(({ id }) => id))
    for (const { runId, reason } of ended) {
      await closeInterrupted({ ctx, input: { flow_run: runId, reason: reason ?? 'its end was not recorded' } })
    }
  }

  const tickOnce = async () => {
    await holdLock()
    const queued: FlowRunState = 'queued'
    const rows = await flowTables(ctx)
      .selectFrom('flow_runs')
      .select(['id', 'project', 'model'])
      .where('state', '=', queued)
      .orderBy('requested_at')
      .limit(100)
      .execute()
    for (const { id, project, model } of rows) {
      if (dispatched.has(id)) continue
      // The id makes it start once, whoever else sees the same row.
      await engine.start('loop', id, { project, model })
      dispatched.add(id)
    }
    const alive = await listAliveWorkers(ctx)
    const taken = await engine.takeOver([...alive, workerId])
    await closeEnded()
    for (const id of taken) ctx.log.info({ flow_run: id }, 'Going on with a flow run of a worker that died')
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
        ctx.log.debug({ err: error }, 'Flow runs wait for the database')
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
  await holdLock()
  const unsubscribe = options.events.subscribe((events) => {
    if (events.some(({ kind, payload }) => kind === 'flow_run.changed' && payload.state === 'queued')) void tick()
  })
  void poll()

  return {
    async close() {
      closed = true
      clearTimeout(timer)
      unsubscribe()
      await ticking
      await engine.close(2_000)
      await session?.end().catch(() => {})
    },
  }
}
