import { z } from 'zod'
import { Json, Timestamp } from './common.js'

/** How one part of the program is. */
export const PartStatus = z
  .object({ name: z.string(), state: z.enum(['up', 'down', 'degraded']), detail: z.string().optional() })
  .meta({ id: 'PartStatus' })

export const Status = z
  .object({
    version: z.string(),
    state: z.enum(['up', 'degraded']),
    role: z.enum(['server', 'predictor']),
    started_at: Timestamp,
    uptime_s: z.number(),
    data_dir: z.string(),
    trash_days: z.number().int().meta({ description: 'Days that deleted things can be brought back; 0 keeps them' }),
    parts: z.array(PartStatus).meta({ description: 'database, worker, blobs, endpoints' }),
    projects: z.array(z.string()),
    endpoints: z.array(z.object({ model: z.string(), version: z.string(), state: z.string() })),
  })
  .meta({ id: 'Status' })
export type Status = z.infer<typeof Status>

/** A change of state, as the event stream carries it. */
export const EventMessage = z
  .object({
    id: z.string().meta({ description: 'Position in the stream; send it back as Last-Event-ID to resume' }),
    kind: z.string().meta({ description: 'As alias.moved' }),
    subject: z.string().meta({ description: 'What it is about, as models/iris' }),
    at: Timestamp,
    actor: z.string(),
    payload: z.record(z.string(), Json),
  })
  .meta({ id: 'EventMessage' })
export type EventMessage = z.infer<typeof EventMessage>
