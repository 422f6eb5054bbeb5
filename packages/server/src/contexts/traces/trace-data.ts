import {
  type AnyValue,
  type KeyValue,
  type OtlpEvent,
  type OtlpLink,
  plainAttributes,
  plainValue,
} from './otlp-model.js'
import { spanAttributes } from './span-conventions.js'

/** A span as `content` has it: ids in base64, times as digits. */
export interface StoredSpan {
  readonly trace_id: string
  readonly span_id: string
  readonly parent_span_id?: string
  readonly name: string
  readonly start_time_unix_nano: string
  readonly end_time_unix_nano?: string
  readonly attributes: readonly KeyValue[]
  readonly events: readonly OtlpEvent[]
  readonly links: readonly OtlpLink[]
  readonly status: { readonly code: string; readonly message?: string }
}

/** The span in a stored text. Only `contentOf` writes these texts. */
export function parseContent(content: string): StoredSpan {
  const span: StoredSpan = JSON.parse(content)
  return span
}

/** MLflow keeps each attribute as the JSON text of its value. */
function dumpedAttributes(span: StoredSpan, traceId: string): Readonly<Record<string, string>> {
  const dump = (value: AnyValue) => JSON.stringify(plainValue(value))
  return Object.fromEntries([
    ...span.attributes.map(({ key, value }) => [key, dump(value)] as const),
    [spanAttributes.requestId, JSON.stringify(traceId)] as const,
  ])
}

const hexOf = (base64: string) => `0x${Buffer.from(base64, 'base64').toString('hex')}`

/** JSON of an object whose `raw` members are JSON already: times in nanoseconds are numbers that a double cannot hold. */
function objectText(members: Readonly<Record<string, unknown>>, raw: Readonly<Record<string, string | null>>): string {
  const texts = Object.entries(raw).map(([key, text]) => `${JSON.stringify(key)}:${text ?? 'null'}`)
  const rest = JSON.stringify(members).slice(1)
  return `{${texts.join(',')}${rest === '}' ? '' : ','}${rest}`
}

/** A span in the `traces.json` of MLflow 3. */
function newSpanText(span: StoredSpan, traceId: string): string {
  const events = span.events.map((event) =>
    objectText(
      { name: event.name, attributes: plainAttributes(event.attributes) },
      { time_unix_nano: event.time_unix_nano },
    ),
  )
  return objectText(
    {
      trace_id: span.trace_id,
      span_id: span.span_id,
      parent_span_id: span.parent_span_id ?? null,
      name: span.name,
      status: { code: span.status.code, message: span.status.message ?? '' },
      attributes: dumpedAttributes(span, traceId),
      links: span.links.map((link) => ({
        trace_id: `tr-${hexOf(link.trace_id).slice(2)}`,
        span_id: hexOf(link.span_id).slice(2),
        attributes: plainAttributes(link.attributes),
      })),
    },
    {
      start_time_unix_nano: span.start_time_unix_nano,
      end_time_unix_nano: span.end_time_unix_nano ?? null,
      events: `[${events.join(',')}]`,
    },
  )
}

/** A span in the `traces.json` of MLflow 2, which clients of both generations read. */
function oldSpanText(span: StoredSpan, traceId: string): string {
  const events = span.events.map((event) =>
    objectText(
      { name: event.name, attributes: plainAttributes(event.attributes) },
      { timestamp: event.time_unix_nano },
    ),
  )
  return objectText(
    {
      name: span.name,
      context: { span_id: hexOf(span.span_id), trace_id: hexOf(span.trace_id) },
      parent_id: span.parent_span_id === undefined ? null : hexOf(span.parent_span_id),
      status_code: span.status.code.replace('STATUS_CODE_', ''),
      status_message: span.status.message ?? '',
      attributes: dumpedAttributes(span, traceId),
    },
    {
      start_time: span.start_time_unix_nano,
      end_time: span.end_time_unix_nano ?? null,
      events: `[${events.join(',')}]`,
    },
  )
}

/** The text of `traces.json` in parts, one for each span, so that a large trace is never one string. */
export function* traceDataText(
  traceId: string,
  contents: readonly string[],
  generation: 'new' | 'old',
): Generator<string> {
  yield '{"spans":['
  for (const [index, content] of contents.entries()) {
    const span = parseContent(content)
    const text = generation === 'new' ? newSpanText(span, traceId) : oldSpanText(span, traceId)
    yield index === 0 ? text : `,${text}`
  }
  if (generation === 'new') yield ']}'
  else yield `],${rootValues(contents)}}`
}

/** MLflow 2 keeps inputs and outputs of the root beside the spans. */
function rootValues(contents: readonly string[]): string {
  const [first] = contents
  const root = first === undefined ? undefined : parseContent(first)
  const rootValue = (key: string) => {
    const found = root?.attributes.find((attribute) => attribute.key === key)
    return found === undefined ? null : JSON.stringify(plainValue(found.value))
  }
  const values = { request: rootValue(spanAttributes.inputs), response: rootValue(spanAttributes.outputs) }
  return JSON.stringify(values).slice(1, -1)
}
