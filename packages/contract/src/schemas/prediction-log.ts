import { z } from 'zod'
import { Json, PageQuery, Timestamp } from './common.js'
import { UsedFeature } from './prediction.js'

/** What became known of a prediction later. */
export const Feedback = z
  .object({
    truth: Json.optional().meta({ description: 'What was right: a class or a number' }),
    reward: z.number().min(0).max(1).optional().meta({ description: 'How well it did, 0 to 1, as 1 for a click' }),
    at: Timestamp,
    actor: z.string(),
  })
  .meta({ id: 'Feedback' })
export type Feedback = z.infer<typeof Feedback>

/** One row of an answered request. */
export const LoggedPrediction = z
  .object({
    prediction_id: z.string().meta({ description: 'Of the request; its rows count from 0' }),
    row: z.number().int(),
    at: Timestamp,
    model: z.string(),
    version: z.string(),
    variant: z.string().optional().meta({ description: 'Of a roll-out: which of its versions' }),
    alias: z.string().optional().meta({ description: 'By which the version was asked' }),
    key: z.string().optional().meta({ description: 'What the request was about, as the key of its entity' }),
    request_id: z.string(),
    actor: z.string(),
    inputs: z.record(z.string(), Json).meta({ description: 'By name; what is redacted stands as "[redacted]"' }),
    features: z.array(UsedFeature).optional().meta({ description: 'Where they were looked up by key' }),
    output: Json.meta({ description: 'The prediction, with probabilities or scores' }),
    duration_ms: z.number(),
    weight: z
      .number()
      .meta({ description: 'How many predictions it stands for: 1, or more where only a part is kept' }),
    feedback: Feedback.optional(),
  })
  .meta({ id: 'LoggedPrediction' })
export type LoggedPrediction = z.infer<typeof LoggedPrediction>

export const LoggedPredictionsQuery = PageQuery.extend({
  model: z.string().min(1).max(250).optional(),
  version: z.string().min(1).max(20).optional(),
  variant: z.string().min(1).max(100).optional(),
  key: z.string().min(1).max(4000).optional(),
  since: Timestamp.optional(),
  until: Timestamp.optional(),
  feedback: z.enum(['given', 'missing']).optional(),
})
export type LoggedPredictionsQuery = z.infer<typeof LoggedPredictionsQuery>

const told = {
  truth: z
    .union([z.string().max(1000), z.number(), z.boolean()])
    .optional()
    .meta({ description: 'What was right: a class or a number' }),
  reward: z.number().min(0).max(1).optional().meta({ description: 'How well it did, 0 to 1, as 1 for a click' }),
}

/** What became known of one row of a prediction, by the id of the prediction. */
export const FeedbackById = z
  .strictObject({
    prediction_id: z.string().min(1).max(100),
    row: z.number().int().min(0).default(0).meta({ description: 'Of a request with several rows' }),
    ...told,
  })
  .meta({ id: 'FeedbackById' })

/** What became known of the predictions about one key in a span of time, where nobody has kept their ids. */
export const FeedbackByKey = z
  .strictObject({
    model: z.string().min(1).max(250),
    key: z.string().min(1).max(4000).meta({ description: 'As the log has it: what the request was about' }),
    since: Timestamp.meta({ description: 'Predictions from here on' }),
    until: Timestamp.optional().meta({ description: 'And before this; until now without' }),
    which: z.enum(['all', 'latest']).default('all').meta({ description: 'All of them, or the newest row only' }),
    ...told,
  })
  .meta({ id: 'FeedbackByKey' })

export const FeedbackItem = z.union([FeedbackById, FeedbackByKey]).meta({ id: 'FeedbackItem' })
export type FeedbackItem = z.infer<typeof FeedbackItem>

/** One item, or several under `items`. */
export const FeedbackRequest = z
  .union([
    FeedbackItem,
    z.strictObject({
      items: z.array(FeedbackItem).min(1).max(1000),
      on_unknown: z
        .enum(['refuse', 'skip'])
        .default('refuse')
        .meta({ description: 'What becomes of the request where an item is of no prediction in the log' }),
    }),
  ])
  .meta({ id: 'FeedbackRequest' })
export type FeedbackRequest = z.infer<typeof FeedbackRequest>

export const FeedbackState = z.enum(['recorded', 'changed', 'unchanged', 'unknown']).meta({
  description:
    'recorded: the first that is told; changed: it replaced what was told before; unchanged: the same again; unknown: no such prediction in the log',
})
export type FeedbackState = z.infer<typeof FeedbackState>

export const FeedbackReply = z
  .object({
    recorded: z.number().int().meta({ description: 'Items; the same again counts, and changes nothing' }),
    counts: z.object({
      recorded: z.number().int(),
      changed: z.number().int(),
      unchanged: z.number().int(),
      unknown: z.number().int(),
    }),
    items: z
      .array(z.object({ state: FeedbackState, rows: z.number().int().meta({ description: 'Of the log' }) }))
      .meta({ description: 'What became of each, in their order' }),
  })
  .meta({ id: 'FeedbackReply' })
export type FeedbackReply = z.infer<typeof FeedbackReply>

/** Answers of one version in one span of time, of all servers: counted, never sampled. */
export const AnswerFigures = z
  .object({
    from: Timestamp,
    model: z.string(),
    version: z.string(),
    variant: z.string().optional(),
    answered: z.number().int().meta({ description: 'Requests that were answered' }),
    refused: z.number().int().meta({ description: 'Requests whose fault it was: 4xx' }),
    failed: z.number().int().meta({ description: 'Requests that failed by the model or the server: 5xx' }),
    p50_ms: z.number().optional(),
    p95_ms: z.number().optional(),
    p99_ms: z.number().optional(),
  })
  .meta({ id: 'AnswerFigures' })
export type AnswerFigures = z.infer<typeof AnswerFigures>

export const AnswerFiguresQuery = z.object({
  model: z.string().min(1).max(250).optional(),
  since: Timestamp.optional().meta({ description: 'By default one hour ago' }),
  until: Timestamp.optional(),
  step_seconds: z.coerce.number().int().min(60).max(86_400).default(60),
})
export type AnswerFiguresQuery = z.infer<typeof AnswerFiguresQuery>

/** What of the log of a model is in files: the data set of its predictions, with one part or more for each day. */
export const PredictionData = z
  .object({
    model: z.string(),
    project: z.string().optional().meta({ description: 'Absent until the first day is in files' }),
    dataset: z.string().optional(),
    snapshot_id: z.string().optional().meta({ description: 'The newest snapshot of all days' }),
    compacted_at: Timestamp.optional(),
    days: z.number().int().meta({ description: 'In files' }),
    rows: z.number().int(),
    first_day: z.iso.date().optional(),
    last_day: z.iso.date().optional(),
    waiting_days: z
      .number()
      .int()
      .meta({ description: 'Days of the log of which not all is in files: rows or feedback came since' }),
  })
  .meta({ id: 'PredictionData' })
export type PredictionData = z.infer<typeof PredictionData>

export const PredictionDataQuery = z.object({ model: z.string().min(1).max(250).optional() })

export const CompactRequest = z
  .strictObject({
    model: z.string().min(1).max(250).optional().meta({ description: 'All models without' }),
    open: z.boolean().default(false).meta({ description: 'Also days that are not over' }),
    reason: z.string().max(500).default(''),
  })
  .meta({ id: 'CompactRequest' })
export type CompactRequest = z.infer<typeof CompactRequest>
