import type { Language, ToldError } from '@fabrique/contract'
import { type StoredError, tellStoredError } from '../../jobs/index.js'
import type { FlowFailure } from '../engine/model.js'

/** A failure as rows keep it, in the words of a language. What foreign code threw has the code of an error that says so. */
export function toldFailure(failure: FlowFailure, language: Language): ToldError & { readonly stack?: string } {
  const stored = { code: failure.code as StoredError['code'], params: failure.params }
  return {
    ...tellStoredError(stored, language),
    params: { ...failure.params },
    ...(failure.stack === undefined ? {} : { stack: failure.stack }),
  }
}
