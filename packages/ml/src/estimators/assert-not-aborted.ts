import { MlError } from '../ml-error.js'

/**
 * Stops work that its caller no longer wants.
 * @throws MlError `training_aborted`, whose cause is the reason of the signal
 */
export function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError(signal)
}

export function abortedError(signal: AbortSignal): MlError {
  return new MlError('training_aborted', 'Training was stopped before the model was complete: start it again', {
    cause: signal.reason,
  })
}
