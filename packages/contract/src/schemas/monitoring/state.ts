import { z } from 'zod'

/** From a warning on, or only at an alarm. */
export const MonitorSeverity = z.enum(['warning', 'alarm'])
export type MonitorSeverity = z.infer<typeof MonitorSeverity>

/** What a run came to. `not_enough_data` is never `ok`; `failed` says what is in the way. */
export const MonitorState = z.enum(['ok', 'warning', 'alarm', 'not_enough_data', 'failed'])
export type MonitorState = z.infer<typeof MonitorState>
