import type { ScheduleDefinition } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { newestMoments, nextMoment } from './moments.js'

/** What a schedule that is due starts. */
export interface DuePlan {
  /** Oldest first. */
  readonly moments: readonly Date[]
  readonly next: Date | undefined
}

/**
 * Plans what a schedule starts now, where `due` is its first moment that was not started. The newest moment starts although it is a little
 * late, since nobody looks at the very moment; what is older was missed, and the policy decides.
 */
export function planDue(schedule: ScheduleDefinition, due: Date, now: Date): DuePlan {
  const graceMs = limit('flows.schedule_grace_ms')
  const lookBackMs = schedule.catch_up === 'none' ? graceMs : Math.max(graceMs, schedule.catch_up_window_ms)
  const moments = newestMoments(schedule, {
    from: new Date(Math.max(due.getTime(), now.getTime() - lookBackMs)),
    to: new Date(now.getTime() + 1),
    // Of runs that end one another, only the newest would stay.
    max: schedule.catch_up === 'all' && schedule.overlap !== 'cancel_old' ? limit('flows.queued_max') : 1,
  })
  return { moments, next: nextMoment(schedule, now) }
}
