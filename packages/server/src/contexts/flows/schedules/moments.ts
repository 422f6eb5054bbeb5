import type { ScheduleDefinition } from '@fabrique/contract'
import { CronFault, parseCron } from '../../../platform/index.js'

type Timing = Pick<ScheduleDefinition, 'cron' | 'every_ms' | 'anchor' | 'at' | 'timezone'>

/** The first moment of a schedule after a moment; undefined where there is none any more. Throws `CronFault`. */
export function nextMoment(schedule: Timing, after: Date): Date | undefined {
  if (schedule.at !== undefined) {
    const at = new Date(schedule.at)
    return at > after ? at : undefined
  }
  if (schedule.every_ms !== undefined) {
    const anchor = schedule.anchor === undefined ? 0 : new Date(schedule.anchor).getTime()
    const passed = Math.floor((after.getTime() - anchor) / schedule.every_ms)
    return new Date(anchor + (passed + 1) * schedule.every_ms)
  }
  return parseCron(schedule.cron ?? '', schedule.timezone).nextAfter(after)
}

interface Range {
  readonly from: Date
  /** Exclusive. */
  readonly to: Date
  readonly max: number
}

/** The first moments of a schedule in a range, oldest first. */
export function momentsBetween(schedule: Timing, { from, to, max }: Range): readonly Date[] {
  const cron = schedule.cron === undefined ? undefined : parseCron(schedule.cron, schedule.timezone)
  const next = (after: Date) => (cron === undefined ? nextMoment(schedule, after) : cron.nextAfter(after))
  const moments: Date[] = []
  let moment = next(new Date(from.getTime() - 1))
  while (moment !== undefined && moment < to && moments.length < max) {
    moments.push(moment)
    moment = next(moment)
  }
  return moments
}

/** The newest moments of a schedule in a range, oldest first. Looks back in growing steps, since moments are found forwards only. */
export function newestMoments(schedule: Timing, { from, to, max }: Range): readonly Date[] {
  for (let lookBackMs = 60_000; ; lookBackMs *= 16) {
    const start = new Date(Math.max(from.getTime(), to.getTime() - lookBackMs))
    const moments = momentsBetween(schedule, { from: start, to, max: Number.POSITIVE_INFINITY })
    if (moments.length >= max || start <= from) return moments.slice(-max)
  }
}

/** Why a schedule can never start anything; undefined where it can. */
export function scheduleFault(schedule: Timing, now: Date): string | undefined {
  try {
    // A one-off of the past was run, or will not be.
    if (schedule.at === undefined && nextMoment(schedule, now) === undefined) return `${schedule.cron} has no moment`
    return undefined
  } catch (error) {
    if (error instanceof CronFault) return error.message
    throw error
  }
}
