import { countClasses } from '../data/class-labels.js'
import { float32At, float64At, int32At } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { sumOf } from './column-statistics.js'
import type { FeatureValues } from './feature-values.js'

/** Sums of a feature by class. */
function classSums({ rows, values }: FeatureValues, codes: Int32Array, classCount: number): Float64Array {
  const sums = new Float64Array(classCount)
  for (let entry = 0; entry < values.length; entry++) {
    const code = int32At(codes, rows === null ? entry : int32At(rows, entry))
    sums[code] = float64At(sums, code) + float32At(values, entry)
  }
  return sums
}

/** F of an analysis of variance: how much more the means of the classes differ than the rows within them. */
export function fClassif(feature: FeatureValues, codes: Int32Array, classCount: number): number {
  const counts = countClasses(codes, classCount)
  const used = counts.reduce((total, count) => total + (count > 0 ? 1 : 0), 0)
  const sums = classSums(feature, codes, classCount)
  let squares = 0
  for (const value of feature.values) squares += value * value
  const correction = sumOf(sums) ** 2 / codes.length
  let between = -correction
  for (let code = 0; code < classCount; code++) {
    if (int32At(counts, code) > 0) between += float64At(sums, code) ** 2 / int32At(counts, code)
  }
  const within = squares - correction - between
  return between / (used - 1) / (within / (codes.length - used))
}

/** F of the linear regression of the target on the feature alone. */
export function fRegression({ rows, values }: FeatureValues, target: Float64Array): number {
  const rowCount = target.length
  const targetMean = sumOf(target) / rowCount
  let total = 0
  for (const value of values) total += value
  const mean = total / rowCount
  let together = 0
  let own = 0
  for (let entry = 0; entry < values.length; entry++) {
    const value = float32At(values, entry)
    const difference = float64At(target, rows === null ? entry : int32At(rows, entry)) - targetMean
    together += (value - (rows === null ? mean : 0)) * difference
    own += (value - mean) ** 2
  }
  // Rows that are not listed have 0.
  own += (rowCount - values.length) * mean * mean
  let targetSquares = 0
  for (const value of target) targetSquares += (value - targetMean) ** 2
  const correlation = together / Math.sqrt(own * targetSquares)
  const explained = correlation * correlation
  if (1 - explained <= Number.EPSILON) return Number.MAX_VALUE
  return (explained / (1 - explained)) * (rowCount - 2)
}

/**
 * Chi-squared between the class and a feature of counts.
 * @throws MlError `negative_value`
 */
export function chiSquared(feature: FeatureValues, codes: Int32Array, classCount: number): number {
  const negative = feature.values.find((value) => value < 0)
  if (negative !== undefined) {
    throw new MlError('negative_value', `A feature is ${negative}: chi2 takes counts, of at least 0`, {
      value: negative,
    })
  }
  const counts = countClasses(codes, classCount)
  const sums = classSums(feature, codes, classCount)
  const total = sumOf(sums)
  let statistic = 0
  for (let code = 0; code < classCount; code++) {
    const expected = (total * int32At(counts, code)) / codes.length
    if (int32At(counts, code) > 0) statistic += (float64At(sums, code) - expected) ** 2 / expected
  }
  return statistic
}
