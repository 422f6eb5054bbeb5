import { float64At, itemAt } from '../data/element.js'
import type { Pace } from '../estimators/pace.js'
import { type ColumnMatrix, columnOf } from './column-matrix.js'
import { dot } from './vector.js'

/** A matrix as Q times an upper triangle, which stands in its upper half; the reflections that make Q stand beside it. */
export interface OrthogonalFactor {
  readonly matrix: ColumnMatrix
  /** By reflection: its vector from the diagonal on, of length root of 2; empty for none. */
  readonly reflections: readonly Float64Array[]
}

/**
 * Householder's factorisation, in place.
 * @throws MlError `training_aborted`
 */
export async function factoriseOrthogonally(matrix: ColumnMatrix, pace: Pace): Promise<OrthogonalFactor> {
  const { rowCount, columnCount, values } = matrix
  const reflections: Float64Array[] = []
  for (let step = 0; step < Math.min(rowCount, columnCount); step++) {
    const column = columnOf(matrix, step).subarray(step)
    const reflection = reflectionOf(column)
    reflections.push(reflection)
    column.fill(0, 1)
    for (let other = step + 1; other < columnCount; other++) {
      reflect(reflection, values, other * rowCount + step)
    }
    await pace.spend(2 * reflection.length * (columnCount - step))
  }
  return { matrix, reflections }
}

/** The reflection that leaves only the first entry of a column; puts in what that becomes. */
function reflectionOf(column: Float64Array): Float64Array {
  const reflection = column.slice()
  const size = Math.sqrt(dot(reflection, reflection))
  if (size === 0) return new Float64Array(0)
  const first = float64At(reflection, 0)
  const becomes = first > 0 ? -size : size
  reflection[0] = first - becomes
  column[0] = becomes
  const factor = Math.SQRT2 / Math.sqrt(dot(reflection, reflection))
  for (let index = 0; index < reflection.length; index++) reflection[index] = factor * float64At(reflection, index)
  return reflection
}

function reflect(reflection: Float64Array, values: Float64Array, start: number): void {
  let projection = 0
  for (let index = 0; index < reflection.length; index++) {
    projection += float64At(reflection, index) * float64At(values, start + index)
  }
  for (let index = 0; index < reflection.length; index++) {
    values[start + index] = float64At(values, start + index) - projection * float64At(reflection, index)
  }
}

/** Multiplies a vector by Q, in place. */
export function multiplyByQ({ reflections }: OrthogonalFactor, vector: Float64Array): void {
  for (let step = reflections.length - 1; step >= 0; step--) reflect(itemAt(reflections, step), vector, step)
}

/** Multiplies a vector by the transpose of Q, in place. */
export function multiplyByQTransposed({ reflections }: OrthogonalFactor, vector: Float64Array): void {
  for (const [step, reflection] of reflections.entries()) reflect(reflection, vector, step)
}

/** Solves with the upper triangle, whose diagonal has no 0. */
export function solveTriangle({ rowCount, columnCount, values }: ColumnMatrix, right: Float64Array): Float64Array {
  const solution = right.slice(0, columnCount)
  for (let column = columnCount - 1; column >= 0; column--) {
    const value = float64At(solution, column) / float64At(values, column * rowCount + column)
    solution[column] = value
    for (let row = 0; row < column; row++) {
      solution[row] = float64At(solution, row) - value * float64At(values, column * rowCount + row)
    }
  }
  return solution
}
