import type { ClassLabels } from '../src/data/class-labels.js'
import { type DesignMatrix, designMatrix, numericColumn } from '../src/data/design-matrix.js'
import { createRandom } from '../src/random/create-random.js'

/**
 * A seeded classification set: uniform features in [-1, 1), of which the first two decide the class together (a
 * checkerboard, which no single split can see) and a tenth of the labels are random.
 */
export function generatedSet(shape: {
  readonly rowCount: number
  readonly featureCount: number
  readonly classCount: number
  readonly seed: number
}): { matrix: DesignMatrix; labels: ClassLabels } {
  const { rowCount, featureCount, classCount, seed } = shape
  const random = createRandom(seed)
  const columns = Array.from({ length: featureCount }, (_, feature) =>
    numericColumn(
      `feature ${feature}`,
      Float32Array.from({ length: rowCount }, () => 2 * random.float() - 1),
    ),
  )
  const valueAt = (feature: number, row: number) => columns[feature]?.values[row] ?? 0
  const codes = Int32Array.from({ length: rowCount }, (_, row) => {
    if (random.float() < 0.1) return random.intBelow(classCount)
    const cell = Math.floor((valueAt(0, row) + 1) * classCount) + Math.floor((valueAt(1, row) + 1) * classCount)
    return cell % classCount
  })
  const classes = Array.from({ length: classCount }, (_, code) => `class ${code}`)
  return { matrix: designMatrix(columns), labels: { kind: 'class_labels', codes, classes } }
}
