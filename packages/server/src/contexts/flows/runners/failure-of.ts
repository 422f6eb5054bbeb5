import { isFabriqueError } from '@fabrique/contract'
import type { FlowFailure } from '../engine/model.js'

/** An error in the form that the database keeps. */
export function failureOf(error: unknown): FlowFailure {
  const stack = error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}
  if (isFabriqueError(error)) return { code: error.code, params: error.params }
  return { code: 'internal_error', params: {}, ...stack }
}
