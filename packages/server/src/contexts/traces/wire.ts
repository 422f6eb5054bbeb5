import { TraceState } from '@fabrique/contract'
import { invalidValue, type MlflowParams, missingValue } from '../../platform/mlflow/index.js'
import type { Assessment, TraceInfo } from './model.js'

/** What a timestamp of the protocol can say: the years 1 to 9999. */
const firstMs = -62_135_596_800_000
const lastMs = 253_402_300_799_999

/** What the protocol writes as timestamp and duration: RFC 3339 and seconds. */
export const wireTime = (ms: number) => new Date(ms >= firstMs && ms <= lastMs ? ms : 0).toISOString()
const wireDuration = (ms: number) => `${(ms / 1000).toFixed(3).replace(/\.?0+$/, '')}s`

/** Milliseconds of a timestamp: RFC 3339 with any fraction, or milliseconds as a number. */
export function timeOf(params: MlflowParams, name: string): number | undefined {
  const raw = params.raw(name)
  if (raw === undefined) return undefined
  if (typeof raw === 'number' && Number.isInteger(raw)) return raw
  const isText = typeof raw === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(raw)
  const ms = isText ? Date.parse(raw.replace(/(\.\d{3})\d+/, '$1')) : Number.NaN
  if (Number.isNaN(ms)) throw invalidValue(params.pathOf(name), raw, 'must be a timestamp as 2026-11-21T06:31:47.123Z')
  return ms
}

/** Milliseconds of a duration in seconds, as `1.5s`. */
function durationOf(params: MlflowParams, name: string): number | undefined {
  const raw = params.raw(name)
  if (raw === undefined) return undefined
  const match = typeof raw === 'string' ? /^(-?\d{1,15}(?:\.\d{1,9})?)s$/.exec(raw) : null
  if (match === null) throw invalidValue(params.pathOf(name), raw, 'must be a duration as 1.5s')
  return Math.trunc(Math.round(Number(match[1]) * 1e6) / 1e3)
}

/** A map of texts: an object, or a list of `{key, value}` as older clients send it. */
export function textMapOf(params: MlflowParams, name: string): Record<string, string> {
  const raw = params.raw(name)
  if (raw === undefined) return {}
  if (Array.isArray(raw)) return Object.fromEntries(params.pairs(name).map(({ key, value }) => [key, value]))
  const object = params.object(name)
  return Object.fromEntries(Object.keys(Object(raw)).map((key) => [key, object?.text(key) ?? '']))
}

/** The JSON text of any value; the proto type for values has no undefined. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value ?? null)
  } catch (error) {
    if (error instanceof RangeError) throw invalidValue('assessment.value', typeof value, 'it is nested too deep')
    throw error
  }
}

/** The trace in the body of `POST traces`. */
export function readTraceInfo(info: MlflowParams) {
  const location = info.object('trace_location')?.object('mlflow_experiment')
  const request_ms = timeOf(info, 'request_time')
  if (location === undefined) throw missingValue(info.pathOf('trace_location.mlflow_experiment'))
  if (request_ms === undefined) throw missingValue(info.pathOf('request_time'))
  return {
    trace_id: info.requiredText('trace_id'),
    experiment_id: location.requiredText('experiment_id'),
    client_request_id: info.text('client_request_id') ?? null,
    request_ms,
    execution_ms: durationOf(info, 'execution_duration') ?? null,
    state: info.choice('state', TraceState.options, 0) ?? 'STATE_UNSPECIFIED',
    request_preview: info.text('request_preview') ?? info.text('request') ?? null,
    response_preview: info.text('response_preview') ?? info.text('response') ?? null,
    metadata: textMapOf(info, 'trace_metadata'),
    tags: textMapOf(info, 'tags'),
    assessments: info.objects('assessments').map(readAssessment),
  }
}

const sourceTypes = ['SOURCE_TYPE_UNSPECIFIED', 'HUMAN', 'LLM_JUDGE', 'CODE'] as const

/** The value of an assessment in a body, or undefined where it has none. */
export function readAssessmentValue(params: MlflowParams) {
  const feedback = params.object('feedback')
  const expectation = params.object('expectation')
  const issue = params.object('issue')
  const given = [feedback, expectation, issue].filter((value) => value !== undefined)
  if (given.length > 1) {
    const reason = 'Exactly one of `expectation`, `feedback`, or `issue` should be specified.'
    throw invalidValue(params.pathOf('feedback'), given.length, reason)
  }
  if (feedback !== undefined) {
    const error = feedback.object('error') ?? params.object('error')
    const errorTexts = error && {
      error_code: error.text('error_code'),
      error_message: error.text('error_message'),
      stack_trace: error.text('stack_trace'),
    }
    return { kind: 'feedback', value: jsonText(feedback.raw('value')), error: errorTexts ?? null } as const
  }
  if (issue !== undefined) return { kind: 'issue', value: jsonText(issue.raw('issue_name')) } as const
  if (expectation === undefined) return undefined
  const serialized = expectation.object('serialized_value')
  if (serialized === undefined) return { kind: 'expectation', value: jsonText(expectation.raw('value')) } as const
  const serialization_format = serialized.text('serialization_format') ?? 'JSON_FORMAT'
  return { kind: 'expectation', value: serialized.text('value') ?? '', serialization_format } as const
}

export function readAssessment(params: MlflowParams) {
  const value = readAssessmentValue(params)
  if (value === undefined) throw missingValue(params.pathOf('feedback'))
  const source = params.object('source')
  return {
    ...value,
    name: params.requiredText('assessment_name'),
    source_type: source?.choice('source_type', sourceTypes, 0) ?? 'SOURCE_TYPE_UNSPECIFIED',
    source_id: source?.text('source_id') ?? '',
    span_id: params.text('span_id') || null,
    rationale: params.text('rationale') ?? null,
    metadata: textMapOf(params, 'metadata'),
    overrides: params.text('overrides') || null,
    created_ms: timeOf(params, 'create_time') ?? null,
    updated_ms: timeOf(params, 'last_update_time') ?? null,
  }
}

function parsed(json: string): unknown {
  return JSON.parse(json)
}

function wireValue(assessment: Assessment) {
  if (assessment.kind === 'issue') return { issue: { issue_name: parsed(assessment.value) } }
  if (assessment.kind === 'feedback') {
    return {
      feedback: { value: parsed(assessment.value), error: assessment.error ?? undefined },
      error: assessment.error ?? undefined,
    }
  }
  const { serialization_format, value } = assessment
  return serialization_format === null
    ? { expectation: { value: parsed(value) } }
    : { expectation: { serialized_value: { serialization_format, value } } }
}

export function wireAssessment(assessment: Assessment) {
  return {
    assessment_id: assessment.id,
    assessment_name: assessment.name,
    trace_id: assessment.trace_id,
    span_id: assessment.span_id ?? undefined,
    source: { source_type: assessment.source_type, source_id: assessment.source_id },
    create_time: wireTime(assessment.created_ms),
    last_update_time: wireTime(assessment.updated_ms),
    ...wireValue(assessment),
    rationale: assessment.rationale ?? undefined,
    metadata: assessment.metadata,
    overrides: assessment.overrides ?? undefined,
    valid: assessment.is_valid,
  }
}

/** A trace without spans in the form of version 3. */
export function wireTrace(info: TraceInfo) {
  return {
    trace_id: info.id,
    client_request_id: info.client_request_id ?? undefined,
    trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: info.experiment_id } },
    request_preview: info.request_preview ?? undefined,
    response_preview: info.response_preview ?? undefined,
    request_time: wireTime(info.request_ms),
    execution_duration: info.execution_ms === null ? undefined : wireDuration(info.execution_ms),
    state: info.state,
    trace_metadata: info.metadata,
    tags: info.tags,
    assessments: info.assessments.length === 0 ? undefined : info.assessments.map(wireAssessment),
  }
}

const pairs = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).map(([key, value]) => ({ key, value }))

/** The same in the form of version 2. */
export function wireTraceV2(info: TraceInfo) {
  return {
    request_id: info.id,
    experiment_id: info.experiment_id,
    timestamp_ms: info.request_ms,
    execution_time_ms: info.execution_ms ?? 0,
    status: info.state === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : info.state,
    request_metadata: pairs(info.metadata),
    tags: pairs(info.tags),
  }
}
