/** Upper end of the first bucket in milliseconds; each is a tenth wider than the one before. */
const firstMs = 0.05
const growth = Math.log(1.1)
/** 63 s and more. */
const lastBucket = 147

/** The bucket of a duration. A percentile read from buckets is within 5 % of the true one. */
export function bucketOf(ms: number): number {
  if (!(ms > firstMs)) return 0
  return Math.min(lastBucket, Math.ceil(Math.log(ms / firstMs) / growth - 1e-9))
}

/** The middle of a bucket, in milliseconds. */
export function middleOf(bucket: number): number {
  return firstMs * Math.exp(growth * (bucket - 0.5))
}

/** Percentile of counted durations, in milliseconds; undefined where there are none. */
export function percentileOf(counts: ReadonlyMap<number, number>, share: number): number | undefined {
  const sorted = [...counts].sort(([left], [right]) => left - right)
  const total = sorted.reduce((sum, [, count]) => sum + count, 0)
  let seen = 0
  for (const [bucket, count] of sorted) {
    seen += count
    if (seen >= share * total && total > 0) return Math.round(middleOf(bucket) * 1000) / 1000
  }
  return undefined
}
