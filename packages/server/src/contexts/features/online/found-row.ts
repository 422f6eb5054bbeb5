import type { FeatureStatus } from '@fabrique/contract'
import { stepAt } from './steps.js'

/** What a row has of a view. */
export interface FoundRow {
  /** The JSON of each. */
  readonly values: readonly string[]
  /** Microseconds since 1970. */
  readonly eventUs: number
  readonly ageUs: number
  readonly isTooOld: boolean
}

export interface FindAt {
  readonly atUs: number
  /** What begins up to then is found where nothing is earlier. */
  readonly validUs: number
  /** Undefined for values that never grow too old. */
  readonly ttlUs: number | undefined
}

/** What holds at a moment; undefined before the first of it. An age of exactly the time-to-live is not too old. */
export function foundAt(steps: string, { atUs, validUs, ttlUs }: FindAt): FoundRow | undefined {
  const step = stepAt(steps, atUs) ?? stepAt(steps, validUs)
  if (step === undefined) return undefined
  const ageUs = Math.max(0, atUs - step.eventUs)
  return { values: step.values, eventUs: step.eventUs, ageUs, isTooOld: ttlUs !== undefined && ageUs > ttlUs }
}

/** How a feature was found, and the JSON of its value where that counts. */
export function readValue(
  found: FoundRow | undefined,
  place: number,
): { readonly value: string; readonly status: FeatureStatus } {
  if (found === undefined) return { value: 'null', status: 'NOT_FOUND' }
  if (found.isTooOld) return { value: 'null', status: 'OUTSIDE_MAX_AGE' }
  // A feature that the version in the store does not have yet.
  if (place < 0) return { value: 'null', status: 'NOT_FOUND' }
  const value = found.values[place] ?? 'null'
  return { value, status: value === 'null' ? 'NULL_VALUE' : 'PRESENT' }
}
