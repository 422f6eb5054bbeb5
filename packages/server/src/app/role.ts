import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import { limit } from '../kernel/index.js'
import type { Log } from '../platform/logs/index.js'

/** What a part tells the supervisor that started it. */
export type PartMessage =
  | { readonly kind: 'ready'; readonly port?: number; readonly adminLink?: string; readonly key?: string }
  | { readonly kind: 'progress'; readonly what: string }
  | { readonly kind: 'failed'; readonly code: string; readonly params: Readonly<Record<string, string | number>> }

/** A running role. */
export interface Role {
  /** Port it listens on, where it does. */
  readonly port?: number
  /** The secret of a one-time link that makes an admin, for the terminal of who started it. */
  readonly adminLink?: string
  /** A key for what the command that started it asks. */
  readonly key?: string
  /** Ends its work and leaves nothing running. */
  stop(): Promise<void>
}

/** Tells the supervisor, if there is one. */
export function tellSupervisor(message: PartMessage): void {
  if (process.send !== undefined && process.connected) process.send(message)
}

/** The message of a failure for the supervisor. */
export function failureMessage(error: unknown): PartMessage {
  const known = isFabriqueError(error) ? error : new FabriqueError('internal_error', {}, { cause: error })
  return { kind: 'failed', code: known.code, params: known.params }
}

/** Sends warnings of Node and of libraries to the log instead of the terminal. */
export function logWarnings(log: Log): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning) => log.debug({ err: warning }, 'Node warns'))
}

/**
 * Runs a role until a signal, or until the supervisor that started it is gone. Stopping has a time limit; a second signal
 * ends at once.
 */
export async function runUntilStopped(role: Role): Promise<void> {
  const { port, adminLink, key } = role
  tellSupervisor({
    kind: 'ready',
    ...(port === undefined ? {} : { port }),
    ...(adminLink === undefined ? {} : { adminLink }),
    ...(key === undefined ? {} : { key }),
  })
  await new Promise<void>((resolve) => {
    let stopping = false
    const stop = () => {
      if (stopping) process.exit(130)
      stopping = true
      setTimeout(() => process.exit(3), limit('supervisor.stop_timeout_ms')).unref()
      resolve()
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
    if (process.send === undefined) return
    process.once('disconnect', stop)
    // It may have gone while this part was starting.
    if (!process.connected) stop()
  })
  await role.stop()
}
