/** One group of trials of the same resource: the best of it go on to the next. */
export interface Rung {
  /** Share of the resource that each trial has; the last rung has 1. */
  readonly resource: number
  readonly trialCount: number
}

/** Rungs that follow each other; a bracket begins with new trials. */
export type Bracket = readonly Rung[]

export interface HalvingOptions {
  /** Trials at the start. */
  readonly trials: number
  /** Smallest share of the resource; 1/27 by default. */
  readonly resourceMin?: number
  /** One of so many goes on, with so many times the resource; 3 by default. */
  readonly factor?: number
}

/** Successive halving (Jamieson and Talwalkar 2016): many trials with little, the best third of them with three times as much, … */
export function halvingBracket({ trials, resourceMin = 1 / 27, factor = 3 }: HalvingOptions): Bracket {
  const rungCount = Math.min(
    1 + Math.round(Math.log(1 / resourceMin) / Math.log(factor)),
    1 + Math.floor(Math.log(Math.max(trials, 1)) / Math.log(factor) + 1e-9),
  )
  return Array.from({ length: rungCount }, (_, index) => ({
    resource: 1 / factor ** (rungCount - 1 - index),
    trialCount: Math.max(1, Math.floor(trials / factor ** index + 1e-9)),
  }))
}

/**
 * The brackets of Hyperband (Li et al. 2018): from many trials with little to few with all, so that neither is wrong for long. All take
 * about the same time.
 */
export function hyperbandBrackets({
  resourceMin = 1 / 27,
  factor = 3,
}: Pick<HalvingOptions, 'resourceMin' | 'factor'> = {}): Bracket[] {
  const depth = Math.floor(Math.log(1 / resourceMin) / Math.log(factor) + 1e-9)
  return Array.from({ length: depth + 1 }, (_, index) => {
    const steps = depth - index
    const trials = Math.ceil(((depth + 1) / (steps + 1)) * factor ** steps)
    return Array.from({ length: steps + 1 }, (_, rung) => ({
      resource: 1 / factor ** (steps - rung),
      trialCount: Math.max(1, Math.floor(trials / factor ** rung + 1e-9)),
    }))
  })
}
