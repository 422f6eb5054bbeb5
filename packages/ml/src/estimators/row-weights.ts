import type { ClassLabels } from '../data/class-labels.js'
import { float64At, int32At } from '../data/element.js'
import { MlError } from '../ml-error.js'

/** `balanced`, weights by class name, or null for classes that weigh alike. */
export type ClassWeight = 'balanced' | Readonly<Record<string, number>> | null

/**
 * The weight of each row: its own times that of its class.
 * @throws MlError `invalid_parameter` for a weight of a class that does not exist
 */
export function rowWeights(
  labels: ClassLabels,
  classWeight: ClassWeight,
  sampleWeights: Float64Array | undefined,
): Float64Array {
  const byClass = classWeights(labels, classWeight, sampleWeights)
  const own = weightsOrOnes(sampleWeights, labels.codes.length)
  return own.map((weight, row) => weight * float64At(byClass, int32At(labels.codes, row)))
}

/**
 * The weight of each class, by its code. Balanced weights are n / (classes that occur * n of the class), where n counts rows, or adds
 * up their weights if given; a class that is not named weighs 1.
 * @throws MlError `invalid_parameter` for a weight of a class that does not exist
 */
export function classWeights(
  { codes, classes }: ClassLabels,
  classWeight: ClassWeight,
  sampleWeights?: Float64Array,
): Float64Array {
  if (classWeight === null) return new Float64Array(classes.length).fill(1)
  if (classWeight === 'balanced')
    return balancedWeights(codes, weightsOrOnes(sampleWeights, codes.length), classes.length)
  const unknown = Object.keys(classWeight).find((name) => !classes.includes(name))
  if (unknown !== undefined) {
    throw new MlError(
      'invalid_parameter',
      `class_weight has a class ${JSON.stringify(unknown)}: the classes are ${classes.map((name) => JSON.stringify(name)).join(', ')}`,
      { value: unknown },
    )
  }
  return Float64Array.from(classes, (name) => classWeight[name] ?? 1)
}

function balancedWeights(codes: Int32Array, weights: Float64Array, classCount: number): Float64Array {
  const sums = new Float64Array(classCount)
  for (let row = 0; row < codes.length; row++) {
    const code = int32At(codes, row)
    sums[code] = float64At(sums, code) + float64At(weights, row)
  }
  const occurring = sums.filter((sum) => sum > 0).length
  const all = total(sums)
  return sums.map((sum) => (sum === 0 ? 1 : all / (occurring * sum)))
}

/** The given weights, or 1 for each row. */
export function weightsOrOnes(sampleWeights: Float64Array | undefined, rowCount: number): Float64Array {
  return sampleWeights ?? new Float64Array(rowCount).fill(1)
}

export function total(values: Float64Array): number {
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += float64At(values, index)
  return sum
}
