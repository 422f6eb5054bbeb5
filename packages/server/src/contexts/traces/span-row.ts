import type { Json } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { cutText, storable } from './model.js'
import { anyValue, type KeyValue, type OtlpSpan, plainAttributes, plainValue } from './otlp-model.js'
import { spanAttributes, translatedAttributes } from './span-conventions.js'
import { otlpError } from './wire-reader.js'

/** A span as the database has it. */
export interface SpanRow {
  readonly trace_id: string
  readonly span_id: string
  readonly parent_span_id: string | null
  readonly name: string
  readonly type: string
  readonly status: 'UNSET' | 'OK' | 'ERROR'
  /** Digits of nanoseconds. */
  readonly start_ns: string
  readonly end_ns: string | null
  readonly usage: string | null
  readonly cost: string | null
  readonly model: string | null
  readonly model_provider: string | null
  readonly attributes: string
  readonly content: string
}

/** A span with what its trace learns from it. */
export interface ReadSpan {
  readonly row: SpanRow
  readonly attributes: { readonly [key: string]: Json }
  readonly resource: { readonly [key: string]: Json }
}

const int8Max = 2n ** 63n - 1n
const statuses = ['UNSET', 'OK', 'ERROR'] as const
const kinds = ['', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64')
}

function checkedTime(digits: string): string {
  if (BigInt(digits) > int8Max) throw otlpError('a time is after the year 2262')
  return digits
}

/** The attributes as texts for searches: strings as they are, others as JSON, each cut. */
function searchable(attributes: { readonly [key: string]: Json }): string {
  const charsMax = limit('traces.search_value_chars_max')
  const entries = Object.entries(attributes).map(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return [storable(cutText(key, charsMax)), storable(cutText(text, charsMax))]
  })
  return JSON.stringify(Object.fromEntries(entries))
}

/** JSON for a jsonb column, or null for what is no object of numbers. */
function counts(value: Json | undefined): string | null {
  const object = typeof value === 'string' ? parsedObject(value) : value
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return null
  const numbers = Object.entries(object).filter(([, count]) => typeof count === 'number' && Number.isFinite(count))
  return numbers.length === 0 ? null : storable(JSON.stringify(Object.fromEntries(numbers.slice(0, 20))))
}

function parsedObject(text: string): Json {
  try {
    const parsed: Json = JSON.parse(text)
    return parsed
  } catch {
    // Attributes are free texts: what is no JSON says nothing about tokens.
    return null
  }
}

function shortText(value: Json | undefined): string | null {
  return typeof value === 'string' ? storable(cutText(value, 500)) : null
}

/** Reads a span of an export: checked, translated to the words of MLflow, and in the form that is stored. */
export function readSpan(span: OtlpSpan): ReadSpan {
  if (span.trace_id === '') throw otlpError('a span has no trace id')
  if (span.span_id === '') throw otlpError('a span has no id')
  const sent = span.attributes.filter(({ key }) => key !== spanAttributes.requestId)
  const translated = translatedAttributes(plainAttributes(sent))
  const changed = new Set(translated.map(([key]) => key))
  const all: readonly KeyValue[] = [
    ...sent.filter(({ key }) => !changed.has(key)),
    ...translated.map(([key, value]) => ({ key, value: anyValue(value) })),
  ]
  const attributes = plainAttributes(all)
  const status = statuses[span.status.code] ?? 'UNSET'
  const row: SpanRow = {
    trace_id: `tr-${span.trace_id}`,
    span_id: span.span_id,
    parent_span_id: span.parent_span_id === '' ? null : span.parent_span_id,
    name: storable(cutText(span.name, 1000)),
    type: shortText(attributes[spanAttributes.type]) ?? 'UNKNOWN',
    status,
    start_ns: checkedTime(span.start_time_unix_nano),
    end_ns: span.end_time_unix_nano === '0' ? null : checkedTime(span.end_time_unix_nano),
    usage: counts(attributes[spanAttributes.usage]),
    cost: counts(attributes[spanAttributes.cost]),
    model: shortText(attributes[spanAttributes.model]),
    model_provider: shortText(attributes[spanAttributes.provider]),
    attributes: searchable(attributes),
    content: contentOf(span, all, status),
  }
  return {
    row,
    attributes,
    resource: Object.fromEntries(span.resource.map(({ key, value }) => [key, plainValue(value)])),
  }
}

/** The span as protocol buffers write it in JSON: what a client asks for is this text. */
function contentOf(span: OtlpSpan, attributes: readonly KeyValue[], status: SpanRow['status']): string {
  const kind = kinds[span.kind]
  return JSON.stringify({
    trace_id: base64(span.trace_id),
    span_id: base64(span.span_id),
    ...(span.parent_span_id === '' ? {} : { parent_span_id: base64(span.parent_span_id) }),
    name: span.name,
    ...(kind === undefined || kind === '' ? {} : { kind: `SPAN_KIND_${kind}` }),
    start_time_unix_nano: span.start_time_unix_nano,
    ...(span.end_time_unix_nano === '0' ? {} : { end_time_unix_nano: span.end_time_unix_nano }),
    attributes,
    events: span.events,
    links: span.links.map((link) => ({ ...link, trace_id: base64(link.trace_id), span_id: base64(link.span_id) })),
    status: {
      ...(span.status.message === '' ? {} : { message: span.status.message }),
      code: `STATUS_CODE_${status}`,
    },
  })
}
