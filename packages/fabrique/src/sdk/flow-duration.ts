import { parseDuration } from './parse-duration.js'

/** A time as `30s`, `5m`, `1h30m` or `2d`; a number is milliseconds. */
export type FlowDuration = string | number

/** In whole milliseconds; undefined where it is no duration. */
export function millisecondsOf(duration: FlowDuration): number | undefined {
  const ms = typeof duration === 'number' ? duration : (parseDuration(duration) ?? Number.NaN) * 1000
  const rounded = Math.round(ms)
  return Number.isSafeInteger(rounded) && rounded >= 0 ? rounded : undefined
}
