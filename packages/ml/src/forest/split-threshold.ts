/**
 * The float32 threshold between two float32 values: their midpoint, such that `left <= threshold < right` holds. The
 * midpoint of neighbours rounds to one of them; if that is the right one, the left value itself is the threshold.
 * @param left a float32 value
 * @param right a greater float32 value
 */
export function splitThreshold(left: number, right: number): number {
  // Both are float32, so their double sum neither overflows nor falls outside [2 left, 2 right].
  const midpoint = Math.fround((left + right) / 2)
  return midpoint < right ? midpoint : left
}
