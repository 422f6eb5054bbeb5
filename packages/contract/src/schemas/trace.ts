import { z } from 'zod'
import { Json, PageQuery, pageOf, Timestamp } from './common.js'

export const TraceState = z.enum(['STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'])
export type TraceState = z.infer<typeof TraceState>

/** What people or programs say of a trace: feedback, the expected value, or a known issue. */
export const TraceAssessment = z
  .object({
    id: z.string(),
    kind: z.enum(['feedback', 'expectation', 'issue']),
    name: z.string(),
    value: Json,
    source_type: z.string().meta({ description: 'HUMAN, LLM_JUDGE or CODE' }),
    source_id: z.string(),
    rationale: z.string().optional(),
    error: z.string().optional(),
    is_valid: z.boolean().meta({ description: 'False once another one overrides it' }),
    created_at: Timestamp,
  })
  .meta({ id: 'TraceAssessment' })
export type TraceAssessment = z.infer<typeof TraceAssessment>

/** One request to an application, without its spans. */
export const Trace = z
  .object({
    id: z.string(),
    name: z.string(),
    experiment_id: z.string(),
    state: TraceState,
    started_at: Timestamp,
    duration_ms: z.number().optional(),
    request_preview: z.string(),
    response_preview: z.string(),
    span_count: z.number().int().meta({ description: 'Spans in the database; 0 where they are an artifact' }),
    metadata: z.record(z.string(), z.string()),
    tags: z.record(z.string(), z.string()),
    assessments: z.array(TraceAssessment),
  })
  .meta({ id: 'Trace' })
export type Trace = z.infer<typeof Trace>

export const TraceSpan = z
  .object({
    id: z.string(),
    parent_id: z.string().optional(),
    name: z.string(),
    type: z.string(),
    status: z.enum(['UNSET', 'OK', 'ERROR']),
    status_message: z.string().optional(),
    offset_ms: z.number().meta({ description: 'From the start of the first span' }),
    duration_ms: z.number().optional().meta({ description: 'Absent while it runs' }),
    attributes: z.record(z.string(), Json),
    events: z.array(z.object({ name: z.string(), offset_ms: z.number(), attributes: z.record(z.string(), Json) })),
  })
  .meta({ id: 'TraceSpan' })
export type TraceSpan = z.infer<typeof TraceSpan>

export const TraceDetail = Trace.extend({
  spans: z.array(TraceSpan).meta({ description: 'By start, parents first; at most 5000' }),
}).meta({ id: 'TraceDetail' })
export type TraceDetail = z.infer<typeof TraceDetail>

export const TraceQuery = PageQuery.extend({
  experiment_id: z.string(),
  filter: z.string().max(10_000).default(''),
  order_by: z.string().max(600).optional().meta({ description: 'As execution_time DESC; newest first where absent' }),
})
export const TracePage = pageOf('Trace', Trace)
