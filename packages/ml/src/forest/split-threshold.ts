const float = new Float32Array(1)
const bits = new Int32Array(float.buffer)

/**
 * The float32 threshold between two float32 values: the greatest one up to their midpoint, such that `left <= threshold < right` holds.
 * Rounded down, because scikit-learn compares with the midpoint in float64: so every float32 value goes the same way in both.
 * @param left a float32 value
 * @param right a greater float32 value
 */
export function splitThreshold(left: number, right: number): number {
  // Both are float32, so their double sum neither overflows nor is rounded by much.
  const midpoint = (left + right) / 2
  float[0] = midpoint
  const rounded = Math.fround(midpoint)
  if (rounded <= midpoint) return rounded
  if (rounded === 0) return -(2 ** -149)
  bits[0] = (bits[0] as number) + (rounded > 0 ? -1 : 1)
  return float[0] as number
}
