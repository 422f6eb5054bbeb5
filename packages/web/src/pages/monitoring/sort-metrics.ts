import type { ReportMetric } from '@fabrique/contract'

interface LeftOut {
  readonly kind: ReportMetric['kind']
  readonly why: string
  readonly names: readonly Pick<ReportMetric, 'metric' | 'column'>[]
}

const weights: Readonly<Record<ReportMetric['state'], number>> = { violated: 0, not_computed: 1, holds: 2, no_bound: 3 }

const hasBound = ({ min, max }: ReportMetric): boolean => min !== undefined || max !== undefined

/**
 * Figures with those first whose limit is not held, or could not be judged. What could not be computed and has no limit breaks nothing:
 * it is told by its reason, many at once.
 */
export function sortMetrics(metrics: readonly ReportMetric[]): {
  readonly shown: readonly ReportMetric[]
  readonly left: readonly LeftOut[]
} {
  const isLeft = (one: ReportMetric) => one.state === 'not_computed' && !hasBound(one)
  const groups = new Map<string, LeftOut>()
  for (const one of metrics.filter(isLeft)) {
    const { kind, why_not: why = '' } = one
    const key = `${kind} ${why}`
    groups.set(key, { kind, why, names: [...(groups.get(key)?.names ?? []), one] })
  }
  return {
    shown: metrics.filter((one) => !isLeft(one)).toSorted((one, other) => weights[one.state] - weights[other.state]),
    left: [...groups.values()],
  }
}
