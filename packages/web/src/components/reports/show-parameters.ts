import type { Format } from '../../i18n/format.js'

/** A value of a parameter: whole numbers as they are, others rounded. */
export function showParameter(value: unknown, f: Pick<Format, 'integer' | 'metric'>): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return Number.isInteger(value) ? f.integer(value) : f.metric(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Parameters as one text, as `max_depth 4, criterion gini`. */
export function showParameters(
  parameters: Readonly<Record<string, unknown>>,
  f: Pick<Format, 'integer' | 'metric'>,
): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name} ${showParameter(value, f)}`)
    .join(', ')
}
