import { float32At, float64At, int32At } from '../data/element.js'
import { denseRows } from '../data/feature-rows.js'
import { featureCount } from '../estimators/check-input.js'
import type { Features, FitInput } from '../estimators/estimator.js'
import { createPace } from '../estimators/pace.js'

/**
 * Sums of the features by class, class after class, weighted.
 * @param threshold counts 1 for every value above it instead of the value; undefined sums the values
 */
export async function sumsByClass(
  { features, target, signal }: FitInput<'classification'>,
  weights: Float64Array,
  threshold?: number,
): Promise<Float64Array> {
  const width = featureCount(features)
  const { codes, classes } = target.labels
  const sums = new Float64Array(classes.length * width)
  const pace = createPace(signal)
  await pace.spend(features.rowCount * width)
  const add = (row: number, column: number, value: number) => {
    const counted = threshold === undefined ? value : value > threshold ? 1 : 0
    const at = int32At(codes, row) * width + column
    sums[at] = float64At(sums, at) + float64At(weights, row) * counted
  }
  if ('columns' in features) {
    const { values } = denseRows(features)
    for (let index = 0; index < values.length; index++)
      add(Math.floor(index / width), index % width, float64At(values, index))
    return sums
  }
  const { rowStarts, columnIds, values, rowCount } = features
  for (let row = 0; row < rowCount; row++) {
    for (let entry = int32At(rowStarts, row); entry < int32At(rowStarts, row + 1); entry++)
      add(row, int32At(columnIds, entry), float32At(values, entry))
  }
  return sums
}

/** One for each value above the threshold, zero otherwise; sparse features stay sparse, so the threshold must then not be negative. */
export function binarised(features: Features, threshold: number): Features {
  if ('columns' in features) {
    const columns = features.columns.map(({ name, values }) => ({
      kind: 'numeric' as const,
      name,
      values: Float32Array.from(values, (value) => (value > threshold ? 1 : Number.isNaN(value) ? Number.NaN : 0)),
    }))
    return { rowCount: features.rowCount, columns }
  }
  return { ...features, values: features.values.map((value) => (value > threshold ? 1 : 0)) }
}
