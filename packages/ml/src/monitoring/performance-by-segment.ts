import { int32At, itemAt } from '../data/element.js'
import { assertPaired } from '../metrics/check-pairs.js'
import {
  type ClassificationPerformance,
  type ClassifiedRows,
  classificationPerformance,
} from './classification-performance.js'
import type { CodedColumn } from './correlations.js'
import { type PerformanceOptions, type RegressionPerformance, regressionPerformance } from './regression-performance.js'

/** How a model does on the rows of one value of a column. */
export interface SegmentPerformance<Performance> {
  readonly segment: string
  readonly performance: Performance
}

/** Segments of one column: those with the most rows. */
export const segmentsMax = 50

/**
 * Classification by the values of a column, most rows first; rows without a value are in no segment, and a segment with too few labels
 * says so instead of giving a number.
 * @throws MlError as `classificationPerformance`
 */
export function classificationBySegment(
  rows: ClassifiedRows,
  segments: CodedColumn,
  options: PerformanceOptions = {},
): SegmentPerformance<ClassificationPerformance>[] {
  return bySegment(segments, rows.truth.length, (taken) =>
    classificationPerformance(
      {
        ...rows,
        truth: taken.map((row) => int32At(rows.truth, row)),
        predicted: taken.map((row) => int32At(rows.predicted, row)),
        probabilities:
          rows.probabilities?.map((column) => Float64Array.from(taken, (row) => itemAt(column, row))) ?? null,
      },
      options,
    ),
  )
}

/**
 * Regression by the values of a column, in the same way.
 * @throws MlError `length_mismatch`
 */
export function regressionBySegment(
  rows: { readonly truth: Float64Array; readonly predicted: Float32Array | Float64Array },
  segments: CodedColumn,
  options: PerformanceOptions = {},
): SegmentPerformance<RegressionPerformance>[] {
  return bySegment(segments, rows.truth.length, (taken) =>
    regressionPerformance(
      Float64Array.from(taken, (row) => itemAt(rows.truth, row)),
      Float64Array.from(taken, (row) => itemAt(rows.predicted, row)),
      options,
    ),
  )
}

function bySegment<Performance>(
  { codes, categories }: CodedColumn,
  rowCount: number,
  measure: (rows: Int32Array) => Performance,
): SegmentPerformance<Performance>[] {
  if (rowCount > 0) assertPaired(rowCount, codes.length)
  const rowsOf = categories.map((): number[] => [])
  for (let row = 0; row < codes.length; row++) {
    const code = int32At(codes, row)
    if (code >= 0) itemAt(rowsOf, code).push(row)
  }
  return [...categories.keys()]
    .filter((code) => itemAt(rowsOf, code).length > 0)
    .sort((a, b) => itemAt(rowsOf, b).length - itemAt(rowsOf, a).length || a - b)
    .slice(0, segmentsMax)
    .map((code) => ({
      segment: itemAt(categories, code),
      performance: measure(Int32Array.from(itemAt(rowsOf, code))),
    }))
}
