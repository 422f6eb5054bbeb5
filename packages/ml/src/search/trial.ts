import type { SearchParameters } from './search-space.js'

/** What a trial has told of itself on the way, as after an iteration. */
export interface TrialReport {
  readonly step: number
  readonly value: number
}

/** One set of parameters and how good it was. */
export interface Trial {
  /** Counted from 0. */
  readonly number: number
  readonly parameters: SearchParameters
  /** `pruned`: stopped early, because others were better at the same step. */
  readonly state: 'finished' | 'pruned' | 'failed'
  /** The value searched for; of a pruned trial the last one it told; null of one that failed. */
  readonly value: number | null
  readonly reports: readonly TrialReport[]
  /** Share of the resource (rows or iterations) that it was given; 1 is all. */
  readonly resource: number
  readonly error?: string
}

/** Whether greater values are better. */
export type Direction = 'maximise' | 'minimise'

/** The value as something to make small. */
export function lossOf(value: number, direction: Direction): number {
  return direction === 'minimise' ? value : -value
}

/** The best trial of those that finished with all of the resource; undefined when there is none. */
export function bestTrial(trials: readonly Trial[], direction: Direction): Trial | undefined {
  let best: Trial | undefined
  for (const trial of trials) {
    if (trial.state !== 'finished' || trial.value === null || trial.resource < 1 || Number.isNaN(trial.value)) continue
    if (best?.value == null || lossOf(trial.value, direction) < lossOf(best.value, direction)) best = trial
  }
  return best
}
