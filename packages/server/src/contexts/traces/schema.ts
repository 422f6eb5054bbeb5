import { TraceState } from '@fabrique/contract'
import { z } from 'zod'

/** The database cannot hold NUL in a text. */
export const Text = z.string().refine((text) => !text.includes('\0'), 'must not contain NUL')
export const Int64 = z.custom<number>(
  (value) => typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63,
  'must be a 64-bit integer',
)
export const TextRecord = z.record(Text, Text)

export const TraceId = z.object({ trace_id: Text })

export const AssessmentError = z.object({
  error_code: Text.optional(),
  error_message: Text.optional(),
  stack_trace: Text.optional(),
})

/** An assessment as a caller gives it; `value` is JSON text. */
export const NewAssessment = z.object({
  kind: z.enum(['feedback', 'expectation', 'issue']),
  name: Text,
  value: z.string(),
  error: AssessmentError.nullable().default(null),
  serialization_format: Text.nullable().default(null),
  source_type: Text,
  source_id: Text,
  span_id: Text.nullable().default(null),
  rationale: Text.nullable().default(null),
  metadata: TextRecord.default({}),
  overrides: Text.nullable().default(null),
  created_ms: Int64.nullable().default(null),
  updated_ms: Int64.nullable().default(null),
})
export type NewAssessment = z.output<typeof NewAssessment>

export const StartTrace = z.object({
  /** Absent for older clients, which get an id. */
  trace_id: Text.optional(),
  experiment_id: Text,
  client_request_id: Text.nullable().default(null),
  request_ms: Int64,
  execution_ms: Int64.nullable().default(null),
  state: TraceState,
  request_preview: Text.nullable().default(null),
  response_preview: Text.nullable().default(null),
  metadata: TextRecord.default({}),
  tags: TextRecord.default({}),
  assessments: z.array(NewAssessment).default([]),
})

export const SearchTraces = z.object({
  experiment_ids: z.array(Text),
  filter: Text.default(''),
  max_results: z.number().int().default(100),
  order_by: z.array(Text).default([]),
  page_token: Text.optional(),
})
