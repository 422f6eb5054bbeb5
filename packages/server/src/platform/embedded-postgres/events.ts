import type { StopSignal } from './stop.js'

/** What happens on the way, for progress display and logs. */
export type EmbeddedPostgresEvent =
  | { readonly kind: 'leftover_removed'; readonly folder: string }
  | { readonly kind: 'copying_binaries'; readonly folder: string }
  | { readonly kind: 'initialising'; readonly dataDir: string }
  | { readonly kind: 'starting'; readonly dataDir: string }
  | { readonly kind: 'waiting'; readonly reason: WaitReason; readonly pid: number | null }
  | { readonly kind: 'attached'; readonly pid: number }
  | { readonly kind: 'ready'; readonly pid: number; readonly attached: boolean; readonly socketDir: string }
  | { readonly kind: 'stopping'; readonly pid: number; readonly signal: StopSignal }
  | { readonly kind: 'exited'; readonly pid: number; readonly code: number | null; readonly signal: string | null }

/**
 * `starting_up`: the server starts or recovers; `shutting_down`: a previous one is still stopping; `full`: all its
 * connections are taken; `unreachable`: it runs but does not answer yet; `previous_processes`: the postmaster was
 * killed and its children are still there.
 */
export type WaitReason = 'starting_up' | 'shutting_down' | 'full' | 'unreachable' | 'previous_processes'
