/** A line as it comes from the server: places and values of the same length. */
export interface Points {
  readonly xs: readonly number[]
  /** `null` is a gap: NaN, or a value that the axis cannot hold. */
  readonly ys: readonly (number | null)[]
}

/** Lines on one set of places. `undefined` is no value of the line there; `null` is a gap in it. */
export interface Aligned {
  readonly xs: readonly number[]
  readonly ys: readonly (readonly (number | null | undefined)[])[]
}

/** The area of a line, on the same places. */
export interface AlignedBand {
  /** Place of the line among the lines. */
  readonly line: number
  readonly lows: Aligned['ys'][number]
  readonly highs: Aligned['ys'][number]
}

/** Puts lines on the union of their places, in order; of several values at one place the last counts. */
export function alignLines(lines: readonly Points[]): Aligned {
  const xs = [...new Set(lines.flatMap((line) => line.xs))].sort((a, b) => a - b)
  const placeOf = new Map(xs.map((x, index) => [x, index]))
  const ys = lines.map((line) => {
    const values = new Array<number | null | undefined>(xs.length).fill(undefined)
    for (const [index, x] of line.xs.entries()) {
      const place = placeOf.get(x)
      if (place !== undefined) values[place] = line.ys[index] ?? null
    }
    return values
  })
  return { xs, ys }
}

/** The place nearest to `x`, as an index; -1 where there is none. `xs` is in order. */
export function nearestIndex(xs: readonly number[], x: number): number {
  let low = 0
  let high = xs.length - 1
  if (high < 0) return -1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((xs[middle] ?? 0) < x) low = middle
    else high = middle
  }
  return Math.abs((xs[low] ?? 0) - x) <= Math.abs((xs[high] ?? 0) - x) ? low : high
}

/** What a metric value is on a chart: numbers, and gaps for NaN and the infinities. */
export const chartValue = (value: number | string): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null
