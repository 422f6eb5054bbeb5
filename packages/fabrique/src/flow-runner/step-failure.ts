import { inspect } from 'node:util'
import { type ErrorCode, errorCodes, fillTemplate, isFabriqueError, type RunnerFailure } from '@fabrique/contract'
import { errorSpec } from '@fabrique/contract/errors'

/** Characters of a stack that are kept. */
const stackCharsMax = 8_000

/** A failure that was or is going to be stored: the same in each execution of a run, whatever the error was that it comes from. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure'
  readonly code: string
  readonly params: RunnerFailure['params']
  /** The step that failed, where it was one. */
  readonly step: string | undefined
  readonly failure: RunnerFailure

  constructor(failure: RunnerFailure, step?: string, cause?: unknown) {
    super(messageOf(failure), cause === undefined ? {} : { cause })
    this.code = failure.code
    this.params = failure.params
    this.step = step
    this.failure = failure
  }
}

const isKnown = (code: string): code is ErrorCode => (errorCodes as readonly string[]).includes(code)

function messageOf({ code, params }: RunnerFailure): string {
  // What the step threw reads as it was thrown.
  if (code === 'flow_step_failed') return String(params.reason)
  return isKnown(code) ? fillTemplate(errorSpec(code).en, params) : code
}

/** What was thrown, in a form that can be stored. */
export function failureOf(error: unknown, step?: string): RunnerFailure {
  if (error instanceof StepFailure) return error.failure
  const stack = error instanceof Error ? error.stack?.slice(0, stackCharsMax) : undefined
  const more = stack === undefined ? {} : { stack }
  if (isFabriqueError(error)) return { code: error.code, params: error.params, ...more }
  const params = thrown(error)
  if (step === undefined) return { code: 'flow_code_failed', params, ...more }
  return { code: 'flow_step_failed', params: { step, ...params }, ...more }
}

/** Characters of a reason that are told. */
const reasonCharsMax = 2_000

function thrown(error: unknown): { readonly name: string; readonly reason: string } {
  const reason = (text: string) => text.slice(0, reasonCharsMax)
  if (error instanceof Error) {
    const causes = error.cause instanceof Error ? ` (${error.cause.message})` : ''
    return { name: error.name, reason: reason(`${error.message}${causes}`) }
  }
  // Anything can be thrown.
  const name = error === null ? 'null' : typeof error
  return { name, reason: reason(typeof error === 'string' ? error : inspect(error, { depth: 3, breakLength: 120 })) }
}
