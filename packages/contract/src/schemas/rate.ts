import { z } from 'zod'

/** How many requests in how long. */
export interface Rate {
  readonly requests: number
  readonly windowMs: number
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const longest = 31 * 86_400_000
const form = /^(\d{1,9}) ?(?:\/|per) ?(?:(\d{1,6}) ?)?(s|seconds?|m|min|minutes?|h|hours?|d|days?)$/i

/** A rate as people write it: `10/minute`, `100/s`, `3 per 15 minutes`. Undefined where the text is none. */
export function parseRate(text: string): Rate | undefined {
  const [, requests, count = '1', unit = ''] = form.exec(text.trim()) ?? []
  const windowMs = Number(count) * (unitMs[unit.slice(0, 1).toLowerCase()] ?? 0)
  const rate = { requests: Number(requests), windowMs }
  return rate.requests > 0 && windowMs > 0 && windowMs <= longest ? rate : undefined
}

/** A rate in text. */
export const RateText = z
  .string()
  .max(40)
  .refine((text) => parseRate(text) !== undefined, 'must be a rate as 10/minute, 100/s or 3/15 minutes')
  .meta({ description: 'Requests in a time, as 10/minute or 100/s' })
