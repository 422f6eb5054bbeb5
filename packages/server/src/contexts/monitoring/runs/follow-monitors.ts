import { isFabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../../kernel/index.js'
import type { EventStream, VerbContext } from '../../../platform/index.js'
import { resolveSnapshot } from '../../datasets/index.js'
import { startDueRun, startRunOfSnapshot } from './start-run.js'

/** Looks after monitors until it is closed. */
export interface MonitorScheduler {
  close(): Promise<void>
}

/** Starts the runs of all monitors whose moment has come; one that fails keeps no other back. */
export async function startDueRuns(ctx: VerbContext, now: Date): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select name from monitors where enabled and removed_at is null and next_at <= ${now} order by next_at limit 1000
  `.execute(ctx.db)
  for (const { name } of rows) await unharmed(ctx, name, () => startDueRun({ ctx, input: { monitor: name, now } }))
}

interface Following {
  readonly name: string
  readonly project: string
  readonly dataset: string
  readonly seen_snapshot: string | null
}

/** Starts the runs of all monitors whose data set has a snapshot that they have not seen: the newest one. Gives whether one has to wait. */
export async function followSnapshots(ctx: VerbContext): Promise<boolean> {
  const { rows } = await sql<Following>`
    select name, project, dataset, seen_snapshot from monitors
    where enabled and removed_at is null and dataset is not null and (definition ->> 'after_snapshot')::boolean order by name
  `.execute(ctx.db)
  let isWaiting = false
  for (const { name, project, dataset, seen_snapshot } of rows) {
    await unharmed(ctx, name, async () => {
      const newest = await newestSnapshot(ctx, project, dataset)
      if (newest === undefined || newest === seen_snapshot) return
      if (!(await startRunOfSnapshot({ ctx, input: { monitor: name, snapshot: newest } }))) isWaiting = true
    })
  }
  return isWaiting
}

async function newestSnapshot(ctx: VerbContext, project: string, dataset: string): Promise<string | undefined> {
  try {
    return (await resolveSnapshot({ ctx, input: { project, dataset } })).id
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'snapshot_ref_not_found') return undefined
    throw error
  }
}

async function unharmed(ctx: VerbContext, monitor: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action()
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'database_unavailable') throw error
    ctx.log.warn({ monitor, err: error }, 'A monitor could not be started')
  }
}

/** Shortest time between two looks, and the time until the next one while the database is away. */
const restMs = 50
const awayMs = 1000

/** After so many looks that no message caused, snapshots are looked at too: a message can be lost. */
const looksPerSnapshots = 20

/** Starts runs of monitors at their moments and after new snapshots. Any number of workers may do it at once. */
export function startMonitorScheduler(ctx: VerbContext, events: EventStream): MonitorScheduler {
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let isNewSnapshot = true
  let isWoken = false
  let looks = 0

  /** Gives how long nothing is due. */
  const look = async (): Promise<number> => {
    const now = await databaseNow(ctx)
    await startDueRuns(ctx, now)
    looks += 1
    if (isNewSnapshot || looks % looksPerSnapshots === 0) {
      isNewSnapshot = false
      if (await followSnapshots(ctx)) isNewSnapshot = true
    }
    const { rows } = await sql<{ at: Date | null }>`
      select min(next_at) as at from monitors where enabled and removed_at is null
    `.execute(ctx.db)
    const at = rows[0]?.at?.getTime()
    const longest = limit('monitoring.look_ms')
    return at === undefined ? longest : Math.max(restMs, Math.min(longest, at - now.getTime()))
  }

  const tick = () => {
    if (looking !== undefined || closed) return
    clearTimeout(timer)
    isWoken = false
    looking = look()
      .catch((error: unknown) => {
        ctx.log.debug({ err: error }, 'Monitors wait for the database')
        isNewSnapshot = true
        return awayMs
      })
      .then((waitMs) => {
        looking = undefined
        if (!closed) timer = setTimeout(tick, isWoken ? restMs : waitMs)
      })
  }

  const unsubscribe = events.subscribe((batch) => {
    const isSnapshot = batch.some(({ kind }) => kind === 'snapshot.created')
    if (isSnapshot) isNewSnapshot = true
    if (!isSnapshot && !batch.some(({ kind }) => kind === 'monitor.changed')) return
    isWoken = true
    tick()
  })
  tick()

  return {
    async close() {
      closed = true
      unsubscribe()
      clearTimeout(timer)
      await looking
    },
  }
}

/** One clock for all workers. */
async function databaseNow({ db }: VerbContext): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  return rows[0]?.now ?? new Date(0)
}
