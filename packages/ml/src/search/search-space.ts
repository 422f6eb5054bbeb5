import { itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'
import type { ParameterSpec, ParameterValue } from '../parameters/parameter-spec.js'
import type { Random } from '../random/create-random.js'

/** What a search may choose for one parameter. */
export type Dimension =
  | {
      readonly kind: 'number'
      readonly low: number
      readonly high: number
      /** Looks at the logarithm: as many trials from 0.001 to 0.01 as from 0.1 to 1. */
      readonly isLog?: boolean
      readonly isInteger?: boolean
    }
  | { readonly kind: 'choice'; readonly values: readonly ParameterValue[] }

/** By name of the parameter. */
export type SearchSpace = Readonly<Record<string, Dimension>>

export type SearchParameters = Readonly<Record<string, ParameterValue>>

/** Most points of a grid. */
export const gridLimit = 100_000

/** Points on each side of a number in a grid that was not given its values. */
const gridSteps = 5

/**
 * Refuses a space that cannot be searched.
 * @throws MlError `invalid_space`
 */
export function checkSpace(space: SearchSpace): void {
  const refuse = (name: string, reason: string) => {
    throw new MlError('invalid_space', `The search of ${name} ${reason}`, { value: name })
  }
  if (Object.keys(space).length === 0)
    throw new MlError('invalid_space', 'The search has no parameters: give at least one')
  for (const [name, dimension] of Object.entries(space)) {
    if (dimension.kind === 'choice') {
      if (dimension.values.length === 0) refuse(name, 'has no values: give at least one')
      continue
    }
    const { low, high, isLog = false } = dimension
    if (!Number.isFinite(low) || !Number.isFinite(high) || low > high)
      refuse(name, `goes from ${low} to ${high}: give a lower and an upper bound`)
    if (isLog && low <= 0) refuse(name, `is logarithmic from ${low}: give a lower bound above 0`)
    if (dimension.isInteger === true && !(Number.isSafeInteger(low) && Number.isSafeInteger(high)))
      refuse(name, `is of whole numbers from ${low} to ${high}: give whole bounds`)
  }
}

/** The space that an estimator's parameters propose: those that say where a search looks, and all choices of words. */
export function defaultSpace(specs: readonly ParameterSpec[]): SearchSpace {
  const space: Record<string, Dimension> = {}
  for (const { sklearnName, search, type } of specs) {
    if (search === undefined) continue
    const isInteger = type === 'integer' || (type === 'count_or_share' && search.low >= 1)
    space[sklearnName] = { kind: 'number', low: search.low, high: search.high, isLog: search.isLog, isInteger }
  }
  return space
}

/** One point by chance: numbers evenly over their range, or over its logarithm. */
export function drawParameters(space: SearchSpace, random: Random): SearchParameters {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => [
      name,
      dimension.kind === 'choice'
        ? itemAt(dimension.values, random.intBelow(dimension.values.length))
        : fromUnit(dimension, random.float()),
    ]),
  )
}

/** The value at a share of the way from low to high. */
export function fromUnit(dimension: Extract<Dimension, { kind: 'number' }>, unit: number): number {
  const { low, high, isLog = false, isInteger = false } = dimension
  // Whole numbers: each has the same width, so half a step hangs over at both ends.
  const half = isInteger ? 0.5 : 0
  const [from, to] = [low - half, high + half]
  const value = isLog ? Math.exp(Math.log(from) + unit * (Math.log(to) - Math.log(from))) : from + unit * (to - from)
  const rounded = isInteger ? Math.round(value) : value
  return Math.min(Math.max(rounded, low), high)
}

/** Where a value lies between low and high, 0..1: the inverse of `fromUnit`. */
export function toUnit(dimension: Extract<Dimension, { kind: 'number' }>, value: number): number {
  const { low, high, isLog = false, isInteger = false } = dimension
  const half = isInteger ? 0.5 : 0
  const [from, to] = [low - half, high + half]
  if (from === to) return 0.5
  return isLog ? (Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from)) : (value - from) / (to - from)
}

/**
 * Every combination, the last parameter fastest, as scikit-learn's `ParameterGrid` over sorted names; a number range gives five values.
 * @throws MlError `invalid_space` beyond `gridLimit` combinations
 */
export function gridOf(space: SearchSpace): SearchParameters[] {
  const axes = Object.keys(space)
    .sort()
    .map((name) => ({ name, values: axisValues(space[name] as Dimension) }))
  const count = axes.reduce((product, { values }) => product * values.length, 1)
  if (count > gridLimit) {
    throw new MlError('invalid_space', `The grid has ${count} combinations: at most ${gridLimit} are tried`, {
      value: count,
    })
  }
  return Array.from({ length: count }, (_, index) => {
    const point: Record<string, ParameterValue> = {}
    let rest = index
    for (const { name, values } of axes.toReversed()) {
      point[name] = itemAt(values, rest % values.length)
      rest = Math.floor(rest / values.length)
    }
    return point
  })
}

function axisValues(dimension: Dimension): readonly ParameterValue[] {
  if (dimension.kind === 'choice') return dimension.values
  const { low, high, isLog = false, isInteger = false } = dimension
  const values = Array.from({ length: gridSteps }, (_, step) => {
    const unit = step / (gridSteps - 1)
    const value = isLog ? low * (high / low) ** unit : low + unit * (high - low)
    return isInteger ? Math.round(value) : value
  })
  return [...new Set(values)]
}
