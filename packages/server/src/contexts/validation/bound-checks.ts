import type { CheckResult, Json } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'

/**
 * The results of a suite as they are kept: each value cut to a size, and all of them together below
 * `validation.evidence_bytes_max`. Counts always stay; where the evidence is too much, first samples get shorter, then the last checks
 * lose theirs.
 */
export function boundChecks(checks: readonly CheckResult[]): readonly CheckResult[] {
  const most = limit('validation.evidence_bytes_max')
  const full = checks.map((check) => cutCheck(check, limit('validation.value_chars_max'), limit('checks.sample_max')))
  if (evidenceBytes(full) <= most) return full
  const short = checks.map((check) => cutCheck(check, 100, 3))
  let left = most
  return short.map((check) => {
    left -= evidenceBytes([check])
    if (left >= 0) return check
    const { observed: _observed, unexpected_sample: _sample, ...counts } = check
    return counts
  })
}

function evidenceBytes(checks: readonly CheckResult[]): number {
  return checks.reduce(
    (sum, { observed, unexpected_sample, error }) =>
      sum + Buffer.byteLength(JSON.stringify([observed ?? null, unexpected_sample ?? null, error ?? null])),
    0,
  )
}

function cutCheck(check: CheckResult, chars: number, sampleMax: number): CheckResult {
  const { observed, unexpected_sample, error, ...rest } = check
  return {
    ...rest,
    ...(error === undefined ? {} : { error: cutText(error, Math.max(chars, 500)) }),
    ...(observed === undefined ? {} : { observed: cutValue(observed, chars, limit('validation.list_values_max')) }),
    ...(unexpected_sample === undefined
      ? {}
      : { unexpected_sample: unexpected_sample.slice(0, sampleMax).map((value) => cutValue(value, chars, sampleMax)) }),
  }
}

/** A JSON value whose texts have at most so many characters and whose lists at most so many items; what was cut says so. */
export function cutValue(value: Json, chars: number, items: number): Json {
  if (typeof value === 'string') return cutText(value, chars)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) {
    const kept = value.slice(0, items).map((item: Json) => cutValue(item, chars, items))
    return value.length > items ? [...kept, `… (${value.length - items} more)`] : kept
  }
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, items)
      .map(([key, item]) => [cutText(key, chars), cutValue(item as Json, chars, items)]),
  )
}

/** Neither a NUL nor half of a pair of code units can be stored; both are shown as signs. */
function cutText(text: string, chars: number): string {
  const whole = wellFormed(text.replaceAll('\u0000', '\u2400'))
  return whole.length > chars ? `${wellFormed(whole.slice(0, chars))}… (${whole.length} characters)` : whole
}

/** A text in which no half of a pair of code units stands alone. */
export function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\ufffd')
}
