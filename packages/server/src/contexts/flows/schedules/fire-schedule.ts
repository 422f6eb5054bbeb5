import { type FlowDefinition, isFabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../../platform/index.js'
import { cancelRun } from '../engine/cancel-runs.js'
import { enqueueRun } from '../engine/enqueue-run.js'
import { query } from '../engine/statements.js'
import { openRunsOf } from './overlap.js'
import { planDue } from './plan-due.js'
import type { ScheduleRow } from './store.js'

interface DueRow extends ScheduleRow {
  readonly flow_definition: FlowDefinition
}

// Whoever has the row looks after it: others pass on. A last moment that is still to come was started by a clock that was ahead.
const lockDue = `
  select s.*, f.definition as flow_definition from flow_schedules s join flows f on f.project = s.project and f.name = s.flow
  where s.project = $1 and s.flow = $2 and s.name = $3 and not s.paused and not f.paused and f.removed_at is null
    and (s.next_at <= $4 or s.last_at > $4)
  for update of s skip locked`

const move = `
  update flow_schedules set next_at = $4, last_at = $5, skipped_at = $6, error = null where project = $1 and flow = $2 and name = $3`

/**
 * Starts the runs of a schedule that is due at a moment, and moves it on in the same transaction. Nothing where it is not due, or another
 * worker is at it. Each moment is one run, whatever clocks do: its key is the moment.
 */
export const fireSchedule = changeVerb({
  name: 'flows.fire_schedule',
  permission: 'flows.write',
  input: z.object({ project: z.string(), flow: z.string(), name: z.string(), now: z.date() }),
  async run({ ctx, input: { project, flow, name, now }, unchanged }): Promise<void> {
    // Runs record themselves; that a schedule moves on is no change that anybody made.
    unchanged()
    const [row] = await query<DueRow>(ctx.db, lockDue, [project, flow, name, now])
    if (row === undefined) return
    const { moments, next } = planDue(
      row.definition,
      row.next_at !== null && row.next_at <= now ? row.next_at : now,
      now,
    )
    const skipped = await startMoments(ctx, row, await notStarted(ctx, row, moments))
    if (skipped.length > 0) {
      const told = { project, flow, schedule: name, moments: skipped }
      ctx.log.info(told, 'Moments of a schedule were left out: earlier runs are open')
    }
    const last = moments.at(-1) ?? (row.last_at !== null && row.last_at > now ? null : row.last_at)
    const skippedAt = skipped.at(-1) ?? row.skipped_at
    await query(ctx.db, move, [project, flow, name, next ?? null, last, skippedAt])
  },
})

const findStarted =
  'select idempotency_key as key from flow_runs where project = $1 and flow = $2 and idempotency_key = any($3)'

/** A clock that was set back comes by moments again, and a back-fill may have been earlier. */
async function notStarted(ctx: VerbContext, row: DueRow, moments: readonly Date[]): Promise<readonly Date[]> {
  const keys = moments.map((moment) => momentKey(row.name, moment))
  const started = await query<{ key: string }>(ctx.db, findStarted, [row.project, row.flow, keys])
  const known = new Set(started.map(({ key }) => key))
  return moments.filter((_moment, index) => !known.has(keys[index] ?? ''))
}

/** Gives the moments that have no run, since earlier ones are open. */
async function startMoments(ctx: VerbContext, row: DueRow, moments: readonly Date[]): Promise<readonly Date[]> {
  const { project, flow, flow_definition: definition, definition: schedule } = row
  if (schedule.overlap === 'cancel_old' && moments.length > 0) await cancelOpen(ctx, row)
  const open = await openRunsOf(ctx, row)
  let before = open.at(-1)?.id
  // What is made up for comes one after the other: skip is about a moment that comes while an earlier run is open.
  if (before !== undefined && schedule.overlap === 'skip') return moments
  const room = limit('flows.queued_max') - open.filter(({ is_queued }) => is_queued).length
  for (const moment of moments.slice(0, room)) {
    const { id } = await enqueueRun(ctx, {
      project,
      flow,
      params: schedule.params,
      origin: 'schedule',
      originOf: row.name,
      priority: definition.priority,
      scheduledFor: moment,
      ...(before === undefined ? {} : { readyAt: null, wait: { kind: 'run' as const, what: before } }),
      tags: definition.tags,
      idempotencyKey: momentKey(row.name, moment),
    })
    before = id
  }
  return moments.slice(room)
}

/** One that nobody has is over at once, another when its worker has ended it: the new run waits until then. */
async function cancelOpen(ctx: VerbContext, row: DueRow): Promise<void> {
  for (const { id } of await openRunsOf(ctx, row)) {
    try {
      await cancelRun(ctx, id, `The next moment of schedule ${row.name} came`)
    } catch (error) {
      // It ended by itself meanwhile.
      if (!isFabriqueError(error) || error.code !== 'flow_run_is_over') throw error
    }
  }
}

/** The same for each way to start the moment of a schedule: it has one run. */
export const momentKey = (schedule: string, moment: Date) => `schedule:${schedule}:${moment.toISOString()}`
