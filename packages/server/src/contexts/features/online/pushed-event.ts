import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { microsecondsOf } from '../../datasets/index.js'
import type { AppliedView } from '../registry/model.js'
import type { KeyRow } from './online-features.js'

/** The moment of a row in microseconds. Throws `feature_event_in_future`, `invalid_request`. */
export function eventOf(
  { definition }: AppliedView,
  row: KeyRow,
  { place, nowUs }: { readonly place: number; readonly nowUs: number },
): number {
  const eventUs = momentOf(row[definition.time], `rows.${place}.${definition.time}`) ?? nowUs
  if (eventUs <= nowUs + limit('features.push_skew_seconds') * 1e6) return eventUs
  throw new FabriqueError('feature_event_in_future', { row: place + 1, time: String(row[definition.time]) })
}

/** Microseconds since 1970 of a text; without a zone it is in UTC. Undefined for what is left out. */
export function momentOf(value: unknown, field: string): number | undefined {
  if (value === undefined || value === null) return undefined
  const us = typeof value === 'string' ? microsecondsOf(value) : undefined
  if (us !== undefined) return us
  throw new FabriqueError('invalid_request', { field, reason: 'must be a moment, as 2026-03-01T12:00:00Z' }, { field })
}
