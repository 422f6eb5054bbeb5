import { Cron } from 'croner'
import { jumpBetween, type WallTime, wallTimeOf } from './wall-time.js'

/**
 * A cron expression of five or six fields in a time zone. Hours that do not exist or exist twice, where clocks change, follow one rule:
 *
 * - An expression whose hours are named (`30 2 * * *`, `0 8-18 * * *`) is about wall time: each moment of the day is one run. One that
 *   does not exist runs when the clocks jump (once, however many do not exist); one that exists twice runs the first time.
 * - An expression for every hour (a star in the field of hours, as `30 * * * *`) is about time that passes: it runs whenever the clocks show
 *   what it says, in both of two equal hours, and in no hour that does not exist.
 */
export interface CronExpression {
  /** The first moment after a moment; undefined where there is none any more. */
  nextAfter(moment: Date): Date | undefined
}

/** Why a text and a time zone are no schedule. */
export class CronFault extends Error {}

const everyHour = /[*?]|^0?0-23/

/** Throws `CronFault`, which says what is wrong. */
export function parseCron(text: string, timezone: string): CronExpression {
  const fields = text.trim().split(/\s+/)
  if (fields.length !== 5 && fields.length !== 6) throw new CronFault(`${text} has not five or six fields`)
  const wallTime = wallTimeOf(timezone)
  if (wallTime === undefined) throw new CronFault(`${timezone} is not the IANA name of a time zone`)
  const nextWall = wallMatcher(fields.join(' '))
  const hours = fields.at(-4) ?? ''
  return { nextAfter: everyHour.test(hours) ? nextElapsed(nextWall, wallTime) : nextNamed(nextWall, wallTime) }
}

type NextWall = (after: number) => number | undefined

/** The library is asked about the calendar alone, in UTC: what clock changes mean is decided here. */
function wallMatcher(text: string): NextWall {
  let cron: Cron
  try {
    cron = new Cron(text, { mode: '5-or-6-parts', timezone: 'UTC', sloppyRanges: true, paused: true })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CronFault(`${text} is not a cron expression: ${reason.replace(/^CronPattern: /, '')}`)
  }
  return (after) => cron.nextRun(new Date(after))?.getTime()
}

/** Each wall time once. */
function nextNamed(nextWall: NextWall, { wallAt, momentOf }: WallTime): CronExpression['nextAfter'] {
  return (moment) => {
    const after = moment.getTime()
    // More than one wall time may come at the jump, or have been in the first of two equal hours.
    for (let wall = nextWall(wallAt(after)); wall !== undefined; wall = nextWall(wall)) {
      const found = momentOf(wall)
      if (found > after) return new Date(found)
    }
    return undefined
  }
}

/** Whenever clocks show it. */
function nextElapsed(nextWall: NextWall, { offsetMs }: WallTime): CronExpression['nextAfter'] {
  return (moment) => {
    let after = moment.getTime()
    for (;;) {
      const offset = offsetMs(after)
      const wall = nextWall(after + offset)
      if (wall === undefined) return undefined
      const found = wall - offset
      if (offsetMs(found) === offset) return new Date(found)
      // Clocks change on the way: from there on the other offset counts. The second before it is not a match of the new one.
      const jump = jumpBetween(offsetMs, after, found)
      const first = nextWall(jump + offsetMs(jump) - 1000)
      if (first === jump + offsetMs(jump)) return new Date(jump)
      after = jump
    }
  }
}
