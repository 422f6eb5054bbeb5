/** Smallest and greatest value of an axis. */
export type Domain = readonly [low: number, high: number]

const steps = [1, 2, 2.5, 5, 10]

/** Round places of an axis, about as many as asked, from the first at or above `low` to the last at or below `high`. */
export function axisMarks([low, high]: Domain, wanted: number): readonly number[] {
  const span = high - low
  if (!(span > 0) || !Number.isFinite(span)) return [low]
  const rough = span / Math.max(1, wanted)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = (steps.find((each) => each * power >= rough * (1 - 1e-9)) ?? 10) * power
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  // Multiples of the step, without the noise of adding it up.
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)))
}

/** The values with a little room on both sides; a single value has a tenth of itself around it. */
export function domainOf(values: Iterable<number>, room = 0.04): Domain {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (low > high) return [0, 1]
  const span = high - low
  if (span === 0) {
    const half = Math.abs(low) / 10 || 0.5
    return [low - half, high + half]
  }
  return [low - span * room, high + span * room]
}
