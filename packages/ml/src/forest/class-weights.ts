import { type ClassLabels, countClasses } from '../data/class-labels.js'
import { float64At, int32At } from '../data/element.js'
import { MlError } from '../ml-error.js'
import type { ClassCriterion } from './forest-parameters.js'

/**
 * Weight of a row by its class, or null when all weigh 1. Balanced weights are n / (classes that occur * rows of the class); so are
 * those by sample here, which are meant where there are no samples.
 * @throws MlError `invalid_parameter` for the weight of a class that does not exist, or weights that leave no row
 */
export function weightsOfClasses(
  { codes, classes }: ClassLabels,
  classWeight: ClassCriterion['classWeight'],
): Float64Array | null {
  if (classWeight === null) return null
  const counts = countClasses(codes, classes.length)
  if (typeof classWeight === 'string') {
    const occurring = counts.filter((count) => count > 0).length
    return Float64Array.from(counts, (count) => (count === 0 ? 1 : codes.length / (occurring * count)))
  }
  const unknown = Object.keys(classWeight).find((name) => !classes.includes(name))
  if (unknown !== undefined) {
    throw new MlError(
      'invalid_parameter',
      `class_weight names ${JSON.stringify(unknown)}, which is no class: there are ${classes.map((name) => JSON.stringify(name)).join(', ')}`,
      { value: unknown },
    )
  }
  const weights = Float64Array.from(classes, (name) => classWeight[name] ?? 1)
  if (counts.some((count, code) => count > 0 && float64At(weights, code) > 0)) return weights
  throw new MlError('invalid_parameter', 'class_weight leaves no row of any weight: give a class more than 0', {
    value: classWeight,
  })
}

/** The weight of each row: its own times that of its class; null when all weigh 1. */
export function weightsOfRows(
  codes: Int32Array,
  sampleWeights: Float64Array | undefined,
  classWeights: Float64Array | null,
): Float64Array | null {
  if (sampleWeights === undefined && classWeights === null) return null
  const weights = new Float64Array(codes.length)
  for (let row = 0; row < codes.length; row++) {
    const own = sampleWeights === undefined ? 1 : float64At(sampleWeights, row)
    weights[row] = classWeights === null ? own : own * float64At(classWeights, int32At(codes, row))
  }
  return weights
}
