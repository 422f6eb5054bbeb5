import type { Json } from '@fabrique/contract'
import type { Format } from '../../i18n/format.js'

/** A JSON value as people read it. */
export function showValue(value: Json, f: Format): string {
  if (typeof value === 'number') return f.exact(value)
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map((item: Json) => showValue(item, f)).join(', ')
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, item]) => `${key} ${showValue(item as Json, f)}`)
      .join(', ')
  return String(value)
}

const digits = 6

/** The same for a figure that was computed: no more digits than people compare. */
export function showRounded(value: Json, f: Format): string {
  if (typeof value !== 'number' || !Number.isFinite(value) || Number.isInteger(value)) return showValue(value, f)
  return f.exact(Number(value.toPrecision(digits)))
}

const sampleMax = 8

/** Values as examples: each once; no value is no example. Empty where there is none. */
export function showSample(values: readonly Json[] | undefined, f: Format): string {
  const there = (values ?? []).filter((value) => value !== null).map((value) => showValue(value, f))
  return [...new Set(there)].slice(0, sampleMax).join(', ')
}
