import { float64At, itemAt } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import { choiceShares, parzen } from './parzen.js'
import {
  type Dimension,
  drawParameters,
  fromUnit,
  type SearchParameters,
  type SearchSpace,
  toUnit,
} from './search-space.js'

/** A trial as the sampler sees it: `loss` is to be small. */
export interface RatedTrial {
  readonly parameters: SearchParameters
  readonly loss: number
}

/** Trials that are drawn by chance before the sampler begins. */
export const startupTrials = 10

/** Points drawn from the density of the good trials, of which the best is taken. */
const candidateCount = 24

/**
 * The next point by the tree-structured Parzen estimator, each parameter by itself: the one of some candidates whose density among the
 * good trials is highest against that among the others (Bergstra et al. 2011). The best tenth are good, at most 25.
 * @param trials oldest first
 */
export function suggestTpe(space: SearchSpace, trials: readonly RatedTrial[], random: Random): SearchParameters {
  if (trials.length < startupTrials) return drawParameters(space, random)
  const goodCount = Math.min(Math.ceil(0.1 * trials.length), 25)
  const ranked = [...trials.keys()].sort((a, b) => itemAt(trials, a).loss - itemAt(trials, b).loss || a - b)
  const isGood = new Set(ranked.slice(0, goodCount))
  const good = trials.filter((_, index) => isGood.has(index))
  const other = trials.filter((_, index) => !isGood.has(index))
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => {
      const valuesOf = (some: readonly RatedTrial[]) => some.map(({ parameters }) => parameters[name] ?? null)
      return [name, suggestOne(dimension, valuesOf(good), valuesOf(other), random)]
    }),
  )
}

type Value = SearchParameters[string]

function suggestOne(dimension: Dimension, good: readonly Value[], other: readonly Value[], random: Random): Value {
  if (dimension.kind === 'choice') return suggestChoice(dimension.values, good, other, random)
  const unitsOf = (values: readonly Value[]) =>
    values.filter((value): value is number => typeof value === 'number').map((value) => toUnit(dimension, value))
  const likely = parzen(unitsOf(good))
  const unlikely = parzen(unitsOf(other))
  let best = 0
  let bestGain = -Infinity
  for (let candidate = 0; candidate < candidateCount; candidate++) {
    const unit = likely.draw(random)
    const gain = likely.logDensity(unit) - unlikely.logDensity(unit)
    if (gain <= bestGain) continue
    bestGain = gain
    best = unit
  }
  return fromUnit(dimension, best)
}

function suggestChoice(
  choices: readonly Value[],
  good: readonly Value[],
  other: readonly Value[],
  random: Random,
): Value {
  const keys = choices.map((choice) => JSON.stringify(choice))
  const codesOf = (values: readonly Value[]) =>
    values.map((value) => keys.indexOf(JSON.stringify(value))).filter((code) => code >= 0)
  const likely = choiceShares(codesOf(good), choices.length)
  const unlikely = choiceShares(codesOf(other), choices.length)
  let best = 0
  let bestGain = -Infinity
  for (let candidate = 0; candidate < candidateCount; candidate++) {
    let left = random.float()
    let code = 0
    while (code < choices.length - 1 && left >= float64At(likely, code)) left -= float64At(likely, code++)
    const gain = Math.log(float64At(likely, code)) - Math.log(float64At(unlikely, code))
    if (gain <= bestGain) continue
    bestGain = gain
    best = code
  }
  return itemAt(choices, best)
}
