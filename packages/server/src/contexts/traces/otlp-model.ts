import type { Json } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { otlpError } from './wire-reader.js'

/** A value of an attribute as protocol buffers write it in JSON: one member, whose name is the type; none for null. */
export type AnyValue =
  | { readonly string_value: string }
  | { readonly bool_value: boolean }
  | { readonly int_value: string }
  | { readonly double_value: number | 'NaN' | 'Infinity' | '-Infinity' }
  | { readonly array_value: { readonly values: readonly AnyValue[] } }
  | { readonly kvlist_value: { readonly values: readonly KeyValue[] } }
  | { readonly bytes_value: string }
  | Readonly<Record<never, never>>

export interface KeyValue {
  readonly key: string
  readonly value: AnyValue
}

export interface OtlpEvent {
  readonly time_unix_nano: string
  readonly name: string
  readonly attributes: readonly KeyValue[]
}

export interface OtlpLink {
  /** In hex. */
  readonly trace_id: string
  readonly span_id: string
  readonly attributes: readonly KeyValue[]
}

/** A span of an export. Ids in lower case hex, times as digits of nanoseconds. */
export interface OtlpSpan {
  readonly trace_id: string
  readonly span_id: string
  /** Empty for a root. */
  readonly parent_span_id: string
  readonly name: string
  readonly kind: number
  readonly start_time_unix_nano: string
  readonly end_time_unix_nano: string
  readonly attributes: readonly KeyValue[]
  readonly events: readonly OtlpEvent[]
  readonly links: readonly OtlpLink[]
  readonly status: { readonly code: number; readonly message: string }
  readonly resource: readonly KeyValue[]
}

/** Counts what an export holds, so that a small body cannot become a large heap. */
export class OtlpBudget {
  #spans = 0
  #values = 0

  span(): void {
    this.#spans += 1
    const max = limit('traces.request_spans_max')
    if (this.#spans > max) throw otlpError(`it has more than ${max} spans`)
  }

  value(depth = 0): void {
    this.#values += 1
    const max = limit('traces.request_values_max')
    if (this.#values > max) throw otlpError(`it has more than ${max} values`)
    const depthMax = limit('traces.value_depth_max')
    if (depth > depthMax) throw otlpError(`an attribute has more than ${depthMax} levels`)
  }
}

export function doubleValue(value: number): AnyValue {
  if (Number.isFinite(value)) return { double_value: value }
  return { double_value: Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity' }
}

/** The value without its types. Integers beyond 2^53 become their digits. */
export function plainValue(value: AnyValue): Json {
  if ('string_value' in value) return value.string_value
  if ('bool_value' in value) return value.bool_value
  if ('int_value' in value) {
    const number = Number(value.int_value)
    return Number.isSafeInteger(number) ? number : value.int_value
  }
  if ('double_value' in value) return value.double_value
  if ('array_value' in value) return value.array_value.values.map(plainValue)
  if ('kvlist_value' in value) return plainAttributes(value.kvlist_value.values)
  return 'bytes_value' in value ? value.bytes_value : null
}

export function plainAttributes(list: readonly KeyValue[]): { readonly [key: string]: Json } {
  return Object.fromEntries(list.map(({ key, value }) => [key, plainValue(value)]))
}

/** The attribute of a plain value; used for what is derived here. */
export function anyValue(value: Json): AnyValue {
  if (value === null) return {}
  if (typeof value === 'string') return { string_value: value }
  if (typeof value === 'boolean') return { bool_value: value }
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? { int_value: String(value) } : doubleValue(value)
  }
  if (isList(value)) return { array_value: { values: value.map(anyValue) } }
  return { kvlist_value: { values: Object.entries(value).map(([key, member]) => ({ key, value: anyValue(member) })) } }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
