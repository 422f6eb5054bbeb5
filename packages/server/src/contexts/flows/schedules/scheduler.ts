import { isFabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { type EventStream, isDatabaseAway, type VerbContext } from '../../../platform/index.js'
import { query } from '../engine/statements.js'
import { failureText } from '../engine/step-states.js'
import { fireSchedule } from './fire-schedule.js'
import { fireTrigger } from './fire-trigger.js'
import { rateLeftMs, sweepLimits } from './limits.js'
import { readyQueued } from './overlap.js'

export interface SchedulerOptions {
  readonly ctx: VerbContext
  readonly events: EventStream
  /** The moment that schedules go by: one clock for all workers. That of the database without it. */
  readonly readNow?: () => Promise<Date>
  readonly pollMs?: number
}

/** Starts what is due: any number may run at once. */
export interface Scheduler {
  close(): Promise<void>
}

interface Name {
  readonly project: string
  readonly flow: string
  readonly name: string
}

const due = `
  select s.project, s.flow, s.name from flow_schedules s join flows f on f.project = s.project and f.name = s.flow
  where not s.paused and not f.paused and f.removed_at is null and (s.next_at <= $1 or s.last_at > $1)
  order by s.next_at`

/** Starts the runs of all schedules that are due at a moment. */
export async function fireDueSchedules(ctx: VerbContext, now: Date): Promise<void> {
  for (const name of await query<Name>(ctx.db, due, [now])) {
    try {
      await fireSchedule({ ctx, input: { ...name, now } })
    } catch (error) {
      await noteFault(ctx, name, error)
    }
  }
}

const note = 'update flow_schedules set error = $4 where project = $1 and flow = $2 and name = $3'

/** One schedule that fails keeps no other back; it is tried again, and says why it does not fire. */
async function noteFault(ctx: VerbContext, { project, flow, name }: Name, error: unknown): Promise<void> {
  if (isDatabaseAway(error)) throw error
  ctx.log.warn({ project, flow, schedule: name, err: error }, 'A schedule did not fire')
  const failure = isFabriqueError(error) ? error : { code: 'internal_error', params: {} }
  await query(ctx.db, note, [project, flow, name, failureText(failure)])
}

const tx = `split_part(t.position, '.', 1)::text::xid8`
const later = `
  exists (
    select from events e where e.kind = t.definition->>'event' and (e.tx, e.id) > (${tx}, split_part(t.position, '.', 2)::bigint)
      and e.tx < pg_snapshot_xmin(pg_current_snapshot())
  )`

const heard = `
  select t.project, t.flow, t.name from flow_triggers t join flows f on f.project = t.project and f.name = t.flow
  where t.position is not null and not f.paused and f.removed_at is null and ${later}
  order by t.project, t.flow, t.name`

// One whose event does not come keeps up, so that a look at it stays short.
const keepUp = `
  update flow_triggers t set position = pg_snapshot_xmin(pg_current_snapshot())::text || '.0'
  where t.position is not null and ${tx}::text::bigint + 1000 < pg_snapshot_xmin(pg_current_snapshot())::text::bigint and not ${later}`

/** Starts the flows of all triggers whose events came. */
export async function fireTriggers(ctx: VerbContext): Promise<void> {
  for (const name of await query<Name>(ctx.db, heard, [])) {
    try {
      await fireTrigger({ ctx, input: name })
    } catch (error) {
      if (isDatabaseAway(error)) throw error
      ctx.log.warn({ ...name, err: error }, 'A trigger did not start its flow')
    }
  }
  await query(ctx.db, keepUp, [])
}

const nextDue = 'select min(next_at) as at from flow_schedules where next_at > $1'
const heardKinds = `select distinct definition->>'event' as kind from flow_triggers where position is not null`

/** Shortest time between two looks that events cause: under thousands of events, few are enough. */
const restMs = 50

/** Starts to start what is due: schedules at their moments, triggers at their events, what waits for another run or a slot. */
export function startScheduler({ ctx, events, ...options }: SchedulerOptions): Scheduler {
  const readNow = options.readNow ?? (() => databaseNow(ctx))
  const pollMs = options.pollMs ?? limit('flows.schedule_poll_ms')
  // What declarations, pauses and ends of runs change, and what triggers listen to.
  let wakingKinds = new Set<string>()
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let dueInMs = 0
  let ticking: Promise<void> | undefined
  let isWoken = false

  /** Gives how long nothing is due. */
  const look = async (): Promise<number> => {
    const now = await readNow()
    await fireDueSchedules(ctx, now)
    await fireTriggers(ctx)
    await readyQueued(ctx)
    await sweepLimits(ctx.db)
    const kinds = await query<{ kind: string }>(ctx.db, heardKinds, [])
    wakingKinds = new Set(['flow.changed', 'flow_run.changed', ...kinds.map(({ kind }) => kind)])
    const [next] = await query<{ at: Date | null }>(ctx.db, nextDue, [now])
    const leftMs = next?.at ? next.at.getTime() - (await readNow()).getTime() : pollMs
    return Math.max(1, Math.min(leftMs, (await rateLeftMs(ctx.db)) ?? pollMs, pollMs))
  }

  const tick = () => {
    if (ticking !== undefined) return
    isWoken = false
    dueInMs = pollMs
    ticking = look()
      .then(
        (leftMs) => {
          dueInMs = leftMs
        },
        (error: unknown) => ctx.log.debug({ err: error }, 'Schedules wait for the database'),
      )
      .finally(() => {
        ticking = undefined
        lookAgain()
      })
  }

  const lookAgain = () => {
    clearTimeout(timer)
    if (!closed && ticking === undefined) timer = setTimeout(tick, isWoken ? Math.min(restMs, dueInMs) : dueInMs)
  }

  const unsubscribe = events.subscribe((batch) => {
    if (!batch.some(({ kind }) => wakingKinds.has(kind)) || isWoken) return
    isWoken = true
    lookAgain()
  })
  tick()

  return {
    async close() {
      closed = true
      unsubscribe()
      clearTimeout(timer)
      await ticking
    },
  }
}

async function databaseNow({ db }: VerbContext): Promise<Date> {
  const [row] = await query<{ now: Date }>(db, 'select clock_timestamp() as now', [])
  return row?.now ?? new Date(0)
}
