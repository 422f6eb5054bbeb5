import { percentile } from '../statistics/bootstrap.js'
import { type Direction, lossOf, type Trial, type TrialReport } from './trial.js'

/** Says whether a trial is not worth going on with. */
export type Pruner = (reports: readonly TrialReport[], others: readonly Trial[], direction: Direction) => boolean

export interface MedianPrunerOptions {
  /** Trials that must have finished before any is stopped; 5 by default. */
  readonly startupTrials?: number
  /** Steps that every trial may do; 0 by default. */
  readonly warmupSteps?: number
}

export const neverPrune: Pruner = () => false

/** Stops a trial whose best value so far is worse than the median of the others at the same step (Google Vizier, 2017). */
export function medianPruner({ startupTrials = 5, warmupSteps = 0 }: MedianPrunerOptions = {}): Pruner {
  return (reports, others, direction) => {
    const last = reports.at(-1)
    if (last === undefined || last.step < warmupSteps) return false
    const finished = others.filter(({ state }) => state === 'finished')
    if (finished.length < startupTrials) return false
    const atStep = finished.flatMap((trial) => {
      const report = trial.reports.find(({ step }) => step === last.step)
      return report === undefined ? [] : [lossOf(report.value, direction)]
    })
    if (atStep.length === 0) return false
    const own = Math.min(...reports.map(({ value }) => lossOf(value, direction)))
    return own > percentile(Float64Array.from(atStep).sort(), 0.5)
  }
}
