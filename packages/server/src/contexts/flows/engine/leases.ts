import { Socket } from 'node:net'
import pg from 'pg'
import type { Log } from '../../../platform/index.js'
import { clientConfig } from '../../../platform/index.js'
import type { KnownFlow } from './model.js'

/** First number of the advisory lock that the connection of a living worker holds; the second is the hash of its id. */
export const workerLock = 7236

export interface LeaseOptions {
  readonly url: string
  readonly log: Log
  readonly newId: () => string
  readonly host: string
  readonly pid: number
  readonly flows: readonly KnownFlow[]
  readonly runsMax: number
  readonly leaseMs: number
  readonly renewMs: number
  /** Called when others took this worker for lost, under the id that it had. */
  readonly onLost: (worker: string) => void
  /** Called when the database gives no answer: the worker may be cut off. */
  readonly onSilence: () => void
}

/** That this worker is alive, as others see it. */
export interface Lease {
  /** The id under which it is registered; undefined while it is not. */
  worker(): string | undefined
  /** Whether its connection has been there long enough to tell who else is alive. */
  isSteady(): boolean
  /** Gives it back; a worker that still has runs is left to be found lost. */
  close(): Promise<void>
}

const register = `
  insert into flow_workers (id, host, pid, started_at, lease_until, flows, runs_max)
  values ($1, $2, $3, clock_timestamp(), clock_timestamp() + $4 * interval '1 ms', $5, $6)`
const renew = `
  update flow_workers set lease_until = clock_timestamp() + $2 * interval '1 ms' where id = $1 and ended_at is null`
const stop = `
  update flow_workers set ended_at = clock_timestamp()
  where id = $1 and ended_at is null and not exists (select from flow_runs where worker_id = $1)`

/**
 * Registers the worker and renews its lease, on a connection of its own that also holds a lock: when the process dies, the database
 * frees it at once. While the database is away, it is tried again.
 */
export async function holdLease(options: LeaseOptions): Promise<Lease> {
  const { leaseMs, renewMs, log } = options
  let client: pg.Client | undefined
  let socket: Socket | undefined
  let worker: string | undefined
  let renewals = 0
  let isLocked = false
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let renewing: Promise<void> = Promise.resolve()

  const connect = async (): Promise<pg.Client> => {
    const own = new Socket()
    const next = new pg.Client({
      stream: () => own,
      ...clientConfig(options.url, 'fabrique flow lease'),
      keepAlive: true,
      query_timeout: leaseMs / 2,
    })
    const forget = () => {
      if (client !== next) return
      client = undefined
      isLocked = false
      renewals = 0
    }
    next.on('error', forget)
    next.on('end', forget)
    socket = own
    await next.connect()
    client = next
    return next
  }

  const registerAs = async (own: pg.Client, id: string) => {
    const flows = options.flows.map(({ project, flow, version }) => ({ project, flow, version }))
    await own.query(register, [id, options.host, options.pid, leaseMs, JSON.stringify(flows), options.runsMax])
    worker = id
  }

  const renewOnce = async () => {
    const own = client ?? (await connect())
    if (worker === undefined) await registerAs(own, options.newId())
    else {
      const { rowCount } = await own.query(renew, [worker, leaseMs])
      if (rowCount === 0) {
        const lost = worker
        worker = undefined
        isLocked = false
        log.warn({ worker: lost }, 'This worker was taken for lost: others have its runs')
        options.onLost(lost)
        await registerAs(own, options.newId())
      }
    }
    // Of a connection that was cut off, the old one may hold it for a while.
    if (!isLocked) {
      const { rows } = await own.query<{ is_locked: boolean }>(
        'select pg_try_advisory_lock($1, hashtext($2)) as is_locked',
        [workerLock, worker],
      )
      isLocked = rows[0]?.is_locked === true
    }
    renewals += 1
  }

  const renewAlways = async () => {
    try {
      await renewOnce()
    } catch (error) {
      log.debug({ err: error }, 'The lease of the worker waits for the database')
      client = undefined
      isLocked = false
      renewals = 0
      // Without a farewell: of a connection that is cut off no answer comes.
      socket?.destroy()
      if (error instanceof Error && error.message === 'Query read timeout') options.onSilence()
    }
    if (closed) return
    const waitMs = client === undefined ? Math.min(renewMs, 1_000) : renewMs
    timer = setTimeout(() => {
      renewing = renewAlways()
    }, waitMs)
  }

  await renewOnce()
  timer = setTimeout(() => {
    renewing = renewAlways()
  }, renewMs)

  return {
    worker: () => worker,
    isSteady: () => renewals > 2,
    async close() {
      closed = true
      clearTimeout(timer)
      await renewing
      clearTimeout(timer)
      const gone = worker
      worker = undefined
      const own = client
      if (own === undefined) return
      try {
        // A claim that is being committed holds the row: it is waited for, and seen.
        await own.query('begin')
        await own.query('select from flow_workers where id = $1 for update', [gone])
        await own.query(stop, [gone])
        await own.query('commit')
      } catch (error) {
        log.debug({ err: error }, 'A worker that stops is left to be found lost')
      }
      await own.end().catch(() => {})
    },
  }
}
