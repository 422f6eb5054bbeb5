import {
  type AnyValue,
  doubleValue,
  type KeyValue,
  OtlpBudget,
  type OtlpEvent,
  type OtlpLink,
  type OtlpSpan,
} from './otlp-model.js'
import { otlpError } from './wire-reader.js'

/** An object of JSON whose members are looked up in camelCase, as OTLP writes them, or in snake_case. */
class JsonObject {
  readonly #members: Readonly<Record<string, unknown>>

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw otlpError('an object is expected')
    this.#members = { ...value }
  }

  raw(name: string): unknown {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    return this.#members[name] ?? this.#members[snake] ?? undefined
  }

  object(name: string): JsonObject {
    return new JsonObject(this.raw(name) ?? {})
  }

  objects(name: string): readonly JsonObject[] {
    const raw = this.raw(name) ?? []
    if (!Array.isArray(raw)) throw otlpError(`${name} must be a list`)
    return raw.map((item: unknown) => new JsonObject(item))
  }

  text(name: string): string {
    const raw = this.raw(name) ?? ''
    if (typeof raw !== 'string') throw otlpError(`${name} must be a string`)
    return raw
  }

  /** A number of 64 bits, as digits. */
  digits(name: string, pattern = /^\d{1,20}$/): string {
    const raw = this.raw(name) ?? 0
    const digits = typeof raw === 'number' && Number.isInteger(raw) ? BigInt(raw).toString() : raw
    if (typeof digits !== 'string' || !pattern.test(digits)) throw otlpError(`${name} must be a whole number`)
    return digits
  }

  /** An id in hex. */
  id(name: string, bytes: number): string {
    const id = this.text(name).toLowerCase()
    if (id !== '' && (id.length !== bytes * 2 || !/^[0-9a-f]*$/.test(id))) throw otlpError(`${name} must be hex digits`)
    return id
  }
}

/** The spans of an export in the JSON of OTLP. Throws `otlp_invalid`. */
export function readOtlpJson(text: string): readonly OtlpSpan[] {
  const budget = new OtlpBudget()
  return parse(text)
    .objects('resourceSpans')
    .flatMap((group) => {
      budget.value()
      const resource = readAttributes(group.object('resource'), budget)
      return group.objects('scopeSpans').flatMap((scope) => {
        budget.value()
        return scope.objects('spans').map((span) => readSpan(span, budget, resource))
      })
    })
}

function parse(text: string): JsonObject {
  try {
    return new JsonObject(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) throw otlpError('it is not JSON')
    throw error
  }
}

const statusNames = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR']
const kindNames = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
]

function enumOf(value: unknown, names: readonly string[]): number {
  if (typeof value === 'number') return Number.isInteger(value) ? value : 0
  return typeof value === 'string' ? Math.max(0, names.indexOf(value)) : 0
}

function readSpan(span: JsonObject, budget: OtlpBudget, resource: readonly KeyValue[]): OtlpSpan {
  budget.span()
  const status = span.object('status')
  return {
    trace_id: span.id('traceId', 16),
    span_id: span.id('spanId', 8),
    parent_span_id: span.id('parentSpanId', 8),
    name: span.text('name'),
    kind: enumOf(span.raw('kind'), kindNames),
    start_time_unix_nano: span.digits('startTimeUnixNano'),
    end_time_unix_nano: span.digits('endTimeUnixNano'),
    attributes: readAttributes(span, budget),
    events: span.objects('events').map((event) => readEvent(event, budget)),
    links: span.objects('links').map((link) => readLink(link, budget)),
    status: { code: enumOf(status.raw('code'), statusNames), message: status.text('message') },
    resource,
  }
}

function readEvent(event: JsonObject, budget: OtlpBudget): OtlpEvent {
  budget.value()
  return {
    time_unix_nano: event.digits('timeUnixNano'),
    name: event.text('name'),
    attributes: readAttributes(event, budget),
  }
}

function readLink(link: JsonObject, budget: OtlpBudget): OtlpLink {
  budget.value()
  return { trace_id: link.id('traceId', 16), span_id: link.id('spanId', 8), attributes: readAttributes(link, budget) }
}

function readAttributes(owner: JsonObject, budget: OtlpBudget): readonly KeyValue[] {
  return owner.objects('attributes').map((pair) => readKeyValue(pair, budget, 0))
}

function readKeyValue(pair: JsonObject, budget: OtlpBudget, depth: number): KeyValue {
  budget.value(depth)
  return { key: pair.text('key'), value: readAnyValue(pair.object('value'), budget, depth + 1) }
}

function readAnyValue(value: JsonObject, budget: OtlpBudget, depth: number): AnyValue {
  budget.value(depth)
  if (value.raw('stringValue') !== undefined) return { string_value: value.text('stringValue') }
  if (value.raw('boolValue') !== undefined) return { bool_value: value.raw('boolValue') === true }
  if (value.raw('intValue') !== undefined) return { int_value: value.digits('intValue', /^-?\d{1,19}$/) }
  if (value.raw('doubleValue') !== undefined) return doubleValue(Number(value.raw('doubleValue')))
  if (value.raw('arrayValue') !== undefined) {
    const items = value.object('arrayValue').objects('values')
    return { array_value: { values: items.map((item) => readAnyValue(item, budget, depth + 1)) } }
  }
  if (value.raw('kvlistValue') !== undefined) {
    const pairs = value.object('kvlistValue').objects('values')
    return { kvlist_value: { values: pairs.map((pair) => readKeyValue(pair, budget, depth + 1)) } }
  }
  return value.raw('bytesValue') === undefined ? {} : { bytes_value: value.text('bytesValue') }
}
