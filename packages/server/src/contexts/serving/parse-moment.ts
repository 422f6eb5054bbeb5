/** Date, hour and minute, second, fraction, zone. */
const pattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i

/** Milliseconds that a JavaScript date can hold, on both sides of 1970. */
const millisecondsMax = 8.64e15

/**
 * A moment in whole milliseconds since 1970 (UTC): from that number, or from an ISO 8601 text with a date and, if any, a time of day and a
 * zone. As in data sets, what has no zone is in UTC; what is below a millisecond is cut off. Undefined for anything else.
 */
export function parseMoment(value: unknown): number | undefined {
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) <= millisecondsMax ? value : undefined
  const [, date, minute = '00:00', second = '00', fraction = '', zone = 'Z'] =
    (typeof value === 'string' ? pattern.exec(value) : null) ?? []
  if (date === undefined || !isCalendarDay(date)) return undefined
  const parsed = Date.parse(`${date}T${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}${zoneOf(zone)}`)
  return Number.isNaN(parsed) ? undefined : parsed
}

/** JavaScript takes February 30 for March 1. */
function isCalendarDay(date: string): boolean {
  const midnight = new Date(`${date}T00:00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date)
}

/** `+02` and `+0200` as `+02:00`. */
function zoneOf(zone: string): string {
  if (zone.length === 1) return 'Z'
  return `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`
}
