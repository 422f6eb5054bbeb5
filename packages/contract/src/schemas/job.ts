import { z } from 'zod'
import { Json, PageQuery, Timestamp } from './common.js'

export const JobState = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled'])
export type JobState = z.infer<typeof JobState>

/** How far a job is; counts that do not apply are absent. */
export const JobProgress = z
  .object({
    stage: z.string().meta({ description: 'What it is doing, as read, check, profile, send' }),
    current: z.string().optional().meta({ description: 'The file or table that it is at' }),
    files_done: z.number().int().optional(),
    files_total: z.number().int().optional(),
    bytes_done: z.number().int().optional(),
    bytes_total: z.number().int().optional(),
    rows_done: z.number().int().optional(),
    steps_done: z.number().int().optional().meta({ description: 'Iterations, folds or trials' }),
    steps_total: z.number().int().optional(),
    rate_bytes: z.number().optional().meta({ description: 'Bytes in a second' }),
    rate_rows: z.number().optional().meta({ description: 'Rows in a second' }),
    seconds_left: z.number().optional(),
  })
  .meta({ id: 'JobProgress' })
export type JobProgress = z.infer<typeof JobProgress>

/** Work that takes longer than a request: a worker does it, again from its start when the worker dies. */
export const Job = z
  .object({
    id: z.string().meta({ description: 'job_…' }),
    kind: z.string().meta({ description: 'As data.ingest, data.push' }),
    project: z.string().optional(),
    subject: z
      .string()
      .meta({ description: 'What it is about, as datasets/iris/usage; one open job of a kind for each' }),
    state: JobState,
    progress: JobProgress.optional(),
    result: Json.optional(),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).optional(),
    reason: z.string(),
    requested_by: z.string(),
    cancel_requested: z.boolean(),
    attempts: z.number().int().meta({ description: 'How often a worker began it' }),
    created_at: Timestamp,
    started_at: Timestamp.optional(),
    ended_at: Timestamp.optional(),
  })
  .meta({ id: 'Job' })
export type Job = z.infer<typeof Job>

export const JobQuery = PageQuery.extend({
  kind: z.string().optional(),
  project: z.string().optional(),
  subject: z.string().optional(),
  state: JobState.optional(),
})
