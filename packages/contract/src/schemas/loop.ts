import { z } from 'zod'
import { Slug, Timestamp } from './common.js'
import { MetricValue } from './run.js'

/** `skipped`: an earlier stage failed, so this one was not tried. */
export const StageState = z.enum(['waiting', 'running', 'done', 'failed', 'skipped'])
export type StageState = z.infer<typeof StageState>

/** Why something failed: the stable code with its values, and its texts in the language asked for. */
export const ToldError = z
  .object({
    code: z.string(),
    params: z.record(z.string(), z.union([z.string(), z.number()])),
    message: z.string(),
    hint: z.string(),
  })
  .meta({ id: 'ToldError' })
export type ToldError = z.infer<typeof ToldError>

const stage = { state: StageState, error: ToldError.optional() }

export const LoopState = z.enum(['queued', 'running', 'succeeded', 'failed'])
export type LoopState = z.infer<typeof LoopState>

/** One run of the loop of a model: ingest, check, train, register, promote. */
export const LoopRun = z
  .object({
    id: z.string().meta({ description: 'flow_…' }),
    project: Slug,
    model: Slug,
    flow: z.literal('loop'),
    state: LoopState,
    stage: z
      .enum(['source', 'snapshot', 'checks', 'run', 'model', 'endpoint'])
      .meta({ description: 'The stage it is at' }),
    requested_at: Timestamp,
    started_at: Timestamp.optional(),
    ended_at: Timestamp.optional(),
    requested_by: z.string(),
    reason: z.string(),
    error: ToldError.optional(),
    result: z
      .object({
        snapshot_id: z.string(),
        run_id: z.string(),
        version: z.string(),
        promoted: z.boolean(),
        reason: z.string(),
        snapshots: z
          .array(z.string())
          .meta({ description: 'All that were read, where its features come from several data sets' }),
        training_snapshot_id: z.string().meta({ description: 'What it is trained on, where that was made of those' }),
        feature_service: z.string().meta({ description: 'As churn@2' }),
      })
      .partial()
      .meta({ description: 'What it has made so far' }),
  })
  .meta({ id: 'LoopRun' })
export type LoopRun = z.infer<typeof LoopRun>

/** The loop of one model as connected stages with their live state. */
export const Loop = z
  .object({
    project: Slug,
    model: Slug,
    dataset: Slug,
    flow_run: LoopRun.optional().meta({ description: 'The newest run of the loop' }),
    stages: z.object({
      source: z.object({
        ...stage,
        kind: z.string(),
        location: z.string(),
        bytes: z.number().optional(),
        others: z.array(Slug).optional().meta({ description: 'Data sets that its features come from' }),
      }),
      snapshot: z.object({
        ...stage,
        id: z.string().optional(),
        rows: z.number().optional(),
        columns: z.number().optional(),
        bytes: z.number().optional(),
        content_hash: z.string().optional(),
        created_at: Timestamp.optional(),
      }),
      checks: z.object({
        ...stage,
        id: z.string().optional(),
        evaluated: z.number().optional(),
        failed: z.number().optional(),
      }),
      run: z.object({
        ...stage,
        id: z.string().optional(),
        name: z.string().optional(),
        metrics: z.record(z.string(), MetricValue).optional(),
        promote_metric: z.string().optional().meta({ description: 'What its versions are compared by' }),
        feature_service: z.string().optional().meta({ description: 'As churn@2' }),
        duration_ms: z.number().optional(),
        line: z.string().optional().meta({ description: 'The newest line that its script wrote' }),
      }),
      model: z.object({
        ...stage,
        name: z.string(),
        version: z.string().optional(),
        alias: z.string().optional(),
      }),
      endpoint: z.object({
        ...stage,
        path: z.string(),
        version: z.string().optional(),
        request_count: z.number().optional(),
        latency_p50_ms: z.number().optional(),
      }),
    }),
  })
  .meta({ id: 'Loop' })
export type Loop = z.infer<typeof Loop>
