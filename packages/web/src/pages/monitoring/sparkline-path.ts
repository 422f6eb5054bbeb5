/** Scores of a column over reports, oldest first; null where it was not tested. */
export type Scores = readonly (number | null)[]

export interface SparkDrawing {
  /** Runs of scores without a gap; a score that stands alone is a run of one. */
  readonly lines: readonly string[]
  readonly dots: readonly (readonly [x: number, y: number])[]
  /** Height of the threshold; undefined where there is none, or it lies outside. */
  readonly threshold: number | undefined
  readonly last: readonly [x: number, y: number] | undefined
}

/** Where each score stands in a box; zero and the threshold are always in it, so that small noise stays small. */
export function sparkDrawing(
  scores: Scores,
  threshold: number | undefined,
  { width, height }: { readonly width: number; readonly height: number },
): SparkDrawing {
  const known = scores.filter((score) => score !== null)
  const values = [...known, 0, ...(threshold === undefined ? [] : [threshold])]
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const y = (value: number) => round(high === low ? height / 2 : height - ((value - low) / (high - low)) * height)
  const x = (index: number) => round(scores.length < 2 ? width : (index / (scores.length - 1)) * width)
  const runs: (readonly [number, number])[][] = []
  for (const [index, score] of scores.entries()) {
    if (score === null) continue
    const place = [x(index), y(score)] as const
    if (index > 0 && scores[index - 1] !== null) runs.at(-1)?.push(place)
    else runs.push([place])
  }
  return {
    lines: runs
      .filter((run) => run.length > 1)
      .map((run) => run.map(([left, top], index) => `${index === 0 ? 'M' : 'L'}${left} ${top}`).join('')),
    dots: runs.filter((run) => run.length === 1).flatMap(([only]) => (only === undefined ? [] : [only])),
    threshold: threshold === undefined || known.length === 0 ? undefined : y(threshold),
    last: runs.at(-1)?.at(-1),
  }
}

const round = (value: number): number => Math.round(value * 100) / 100
