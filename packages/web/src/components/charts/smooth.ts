/**
 * Exponential moving average without the pull to zero at its start. `weight` 0 is the line itself, near 1 is very
 * smooth. Gaps stay gaps and do not count.
 */
export function smooth<Value extends number | null | undefined>(
  values: readonly Value[],
  weight: number,
): readonly (Value | number)[] {
  if (weight <= 0) return values
  let average = 0
  let count = 0
  return values.map((value) => {
    if (typeof value !== 'number') return value
    average = average * weight + (1 - weight) * value
    count += 1
    return average / (1 - weight ** count)
  })
}
