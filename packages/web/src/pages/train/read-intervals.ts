/** Where a metric lies, by bootstrap of the test rows. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** Reads a report of intervals: ends by metric. Anything else has none. */
export function readIntervals(text: string | undefined): ReadonlyMap<string, Interval> {
  try {
    const report: unknown = JSON.parse(text ?? '{}')
    if (typeof report !== 'object' || report === null) return new Map()
    const metrics: unknown = 'metrics' in report ? report.metrics : report
    return new Map(Object.entries(metrics ?? {}).flatMap(([name, value]) => intervalOf(name, value)))
  } catch {
    return new Map()
  }
}

function intervalOf(name: string, value: unknown): [string, Interval][] {
  if (typeof value !== 'object' || value === null || !('low' in value) || !('high' in value)) return []
  const { low, high } = value
  return typeof low === 'number' && typeof high === 'number' ? [[name, { low, high }]] : []
}
