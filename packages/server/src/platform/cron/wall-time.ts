/** Wall time of a time zone: what clocks there show, as if it were UTC. */
export interface WallTime {
  /** How far the clocks of the zone are ahead of UTC at a moment. */
  offsetMs(moment: number): number
  /** What the clocks show at a moment. */
  wallAt(moment: number): number
  /**
   * The moment at which clocks show a wall time: the first of two where they are set back over it, and the moment of the jump where they
   * are set forward over it.
   */
  momentOf(wall: number): number
}

const dayMs = 86_400_000
const zones = new Map<string, WallTime>()

/** The wall time of an IANA time zone; undefined where there is none of this name. */
export function wallTimeOf(timezone: string): WallTime | undefined {
  const known = zones.get(timezone)
  if (known !== undefined) return known
  const format = formatOf(timezone)
  if (format === undefined) return undefined
  const wallTime = makeWallTime(format)
  zones.set(timezone, wallTime)
  return wallTime
}

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  const numeric = 'numeric'
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    })
  } catch {
    return undefined
  }
}

function makeWallTime(format: Intl.DateTimeFormat): WallTime {
  const wallAt = (moment: number): number => {
    const parts: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(moment)) parts[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    const milliseconds = ((moment % 1000) + 1000) % 1000
    return Date.UTC(year, month - 1, day, hour, minute, second, milliseconds)
  }
  const offsetMs = (moment: number) => wallAt(moment) - moment
  const momentOf = (wall: number): number => {
    const before = offsetMs(wall - dayMs)
    const after = offsetMs(wall + dayMs)
    // A zone ahead of UTC shows a wall time earlier: the greater offset gives the first of two moments.
    for (const offset of [Math.max(before, after), Math.min(before, after)]) {
      if (offsetMs(wall - offset) === offset) return wall - offset
    }
    return jumpBetween(offsetMs, wall - dayMs, wall + dayMs)
  }
  return { offsetMs, wallAt, momentOf }
}

/** The first second with another offset than that of `from`, where the offset changes once before `to`. */
export function jumpBetween(offsetMs: WallTime['offsetMs'], from: number, to: number): number {
  const offset = offsetMs(from)
  let [low, high] = [Math.floor(from / 1000), Math.ceil(to / 1000)]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetMs(middle * 1000) === offset) low = middle
    else high = middle
  }
  return high * 1000
}
