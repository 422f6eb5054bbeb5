import { type Json, routes, type Trace, type TraceAssessment, type TraceSpan } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { limit } from '../../kernel/index.js'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { splitOrderBy } from '../../platform/mlflow/index.js'
import { getTrace } from './get-trace.js'
import type { Assessment, TraceInfo } from './model.js'
import { plainAttributes } from './otlp-model.js'
import { searchTraces } from './search-traces.js'
import { spanAttributes } from './span-conventions.js'
import { parseContent, type StoredSpan } from './trace-data.js'
import { wireTime } from './wire.js'

function toAssessment(assessment: Assessment): TraceAssessment {
  const value: Json = JSON.parse(assessment.value)
  return {
    id: assessment.id,
    kind: assessment.kind,
    name: assessment.name,
    value,
    source_type: assessment.source_type,
    source_id: assessment.source_id,
    ...(assessment.rationale === null ? {} : { rationale: assessment.rationale }),
    ...(assessment.error === null
      ? {}
      : { error: assessment.error.error_message ?? assessment.error.error_code ?? '' }),
    is_valid: assessment.is_valid,
    created_at: wireTime(assessment.created_ms),
  }
}

function toTrace(info: TraceInfo): Trace {
  return {
    id: info.id,
    name: info.name ?? '',
    experiment_id: info.experiment_id,
    state: info.state,
    started_at: wireTime(info.request_ms),
    ...(info.execution_ms === null ? {} : { duration_ms: info.execution_ms }),
    request_preview: info.request_preview ?? '',
    response_preview: info.response_preview ?? '',
    span_count: info.span_count,
    metadata: { ...info.metadata },
    tags: { ...info.tags },
    assessments: info.assessments.map(toAssessment),
  }
}

const idOf = (base64: string) => Buffer.from(base64, 'base64').toString('hex')
const statusOf = (code: string) => (code.endsWith('_OK') ? 'OK' : code.endsWith('_ERROR') ? 'ERROR' : 'UNSET')
/** Milliseconds between two moments in digits of nanoseconds, to the microsecond. */
const between = (start: bigint, end: string) => Number((BigInt(end) - start) / 1000n) / 1000

function toSpan(span: StoredSpan, origin: bigint): TraceSpan {
  const attributes = plainAttributes(span.attributes)
  const type = attributes[spanAttributes.type]
  const start = BigInt(span.start_time_unix_nano)
  return {
    id: idOf(span.span_id),
    ...(span.parent_span_id === undefined ? {} : { parent_id: idOf(span.parent_span_id) }),
    name: span.name,
    type: typeof type === 'string' ? type : 'UNKNOWN',
    status: statusOf(span.status.code),
    ...(span.status.message === undefined ? {} : { status_message: span.status.message }),
    offset_ms: between(origin, span.start_time_unix_nano),
    ...(span.end_time_unix_nano === undefined ? {} : { duration_ms: between(start, span.end_time_unix_nano) }),
    attributes,
    events: span.events.map((event) => ({
      name: event.name,
      offset_ms: between(origin, event.time_unix_nano),
      attributes: plainAttributes(event.attributes),
    })),
  }
}

/** Mounts the traces of our own API. */
export function mountTraceRoutes(app: FastifyInstance, { contextOf }: { readonly contextOf: ContextOf }): void {
  mountRoute(app, routes.listTraces, async ({ request, query }) => {
    const { traces, next_page_token } = await searchTraces({
      ctx: contextOf(request),
      input: {
        experiment_ids: [query.experiment_id],
        filter: query.filter,
        max_results: Math.min(query.limit, limit('traces.page_max')),
        order_by: query.order_by === undefined ? [] : [...splitOrderBy(query.order_by)],
        page_token: query.page_token,
      },
    })
    const items = traces.map(toTrace)
    return next_page_token === undefined ? { items } : { items, next_page_token }
  })

  mountRoute(app, routes.getTrace, async ({ request, params }) => {
    const input = { trace_id: params.trace, allow_partial: true, spans_max: limit('traces.shown_spans_max') }
    const { info, spans } = await getTrace({ ctx: contextOf(request), input })
    const parsed = spans.map(parseContent)
    const starts = parsed.map((span) => BigInt(span.start_time_unix_nano))
    const origin = starts.reduce((least, start) => (start < least ? start : least), starts[0] ?? 0n)
    return { ...toTrace(info), spans: parsed.map((span) => toSpan(span, origin)) }
  })
}
