import {
  type ErrorCode,
  errorHint,
  errorMessage,
  FabriqueError,
  isFabriqueError,
  type Language,
} from '@fabrique/contract'
import pc from 'picocolors'
import { messages } from './messages.js'

/** What a failed command prints to standard error: the message, what to do, and the code to search for. */
export function describeError(error: unknown, language: Language): { readonly text: string; readonly exit: number } {
  const known: FabriqueError<ErrorCode> = isFabriqueError(error)
    ? error
    : new FabriqueError('internal_error', {}, { cause: error })
  const texts = messages(language)
  const lines = [
    `${pc.red(pc.bold(texts.error))}  ${errorMessage(known, language)}`,
    `${pc.dim(texts.hint)}  ${errorHint(known, language)} ${pc.dim(`[${known.code}]`)}`,
  ]
  if (known.code === 'internal_error' && known.cause instanceof Error) lines.push(pc.dim(known.cause.stack ?? ''))
  return { text: `${lines.join('\n')}\n`, exit: known.spec.exit }
}
