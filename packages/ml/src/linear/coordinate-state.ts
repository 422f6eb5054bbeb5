import { float64At, itemAt } from '../data/element.js'
import type { Pace } from '../estimators/pace.js'
import { type ColumnMatrix, columnMatrix, columnOf } from './column-matrix.js'
import { addScaled, dot } from './vector.js'

/** Where a coordinate descent stands: coefficients and what they leave of the target. */
export interface CoordinateState {
  readonly coefficients: Float64Array
  /** Sum of squares of each feature. */
  readonly squares: Float64Array
  /** Scalar product of a feature with what is left of the target. */
  slope(column: number): number
  /** Changes one coefficient. */
  move(column: number, change: number): void
  /** Squares of what is left of the target, and its scalar product with the target. */
  rest(): { readonly squares: number; readonly timesTarget: number }
  /** Multiplications that one coefficient takes. */
  readonly work: number
}

/** Up to so many features, their products with each other are worth computing once. */
const gramColumnsMax = 512

/** Throws MlError `training_aborted`. */
export async function createCoordinateState(
  { features, target }: { readonly features: ColumnMatrix; readonly target: Float64Array },
  pace: Pace,
): Promise<CoordinateState> {
  const { rowCount, columnCount } = features
  const columns = Array.from({ length: columnCount }, (_, column) => columnOf(features, column))
  const state = {
    coefficients: new Float64Array(columnCount),
    squares: Float64Array.from(columns, (column) => dot(column, column)),
  }
  return columnCount <= Math.min(rowCount, gramColumnsMax)
    ? withProducts(state, await productsOf(columns, pace), { columns, target })
    : withRest(state, columns, target)
}

type Coefficients = Pick<CoordinateState, 'coefficients' | 'squares'>

/** Keeps what is left of the target, row by row. */
function withRest(state: Coefficients, columns: readonly Float64Array[], target: Float64Array): CoordinateState {
  const rest = target.slice()
  return {
    ...state,
    slope: (column) => dot(itemAt(columns, column), rest),
    move(column, change) {
      state.coefficients[column] = float64At(state.coefficients, column) + change
      addScaled(rest, -change, itemAt(columns, column))
    },
    rest: () => ({ squares: dot(rest, rest), timesTarget: dot(rest, target) }),
    work: 2 * target.length,
  }
}

/** Products of columns with each other. */
async function productsOf(columns: readonly Float64Array[], pace: Pace): Promise<ColumnMatrix> {
  const products = columnMatrix(columns.length, columns.length)
  for (const [left, column] of columns.entries()) {
    for (const [right, other] of columns.slice(0, left + 1).entries()) {
      const product = dot(column, other)
      products.values[left * columns.length + right] = product
      products.values[right * columns.length + left] = product
      await pace.spend(column.length)
    }
  }
  return products
}

/** Keeps the slopes alone, by the products of features with each other. */
function withProducts(
  state: Coefficients,
  products: ColumnMatrix,
  { columns, target }: { readonly columns: readonly Float64Array[]; readonly target: Float64Array },
): CoordinateState {
  const { coefficients } = state
  const rows = columns.map((_, column) => columnOf(products, column))
  const towards = Float64Array.from(columns, (column) => dot(column, target))
  const slopes = towards.slice()
  const targetSquares = dot(target, target)
  return {
    ...state,
    slope: (column) => float64At(slopes, column),
    move(column, change) {
      coefficients[column] = float64At(coefficients, column) + change
      addScaled(slopes, -change, itemAt(rows, column))
    },
    rest() {
      const timesTarget = targetSquares - dot(coefficients, towards)
      return { squares: Math.max(0, timesTarget - dot(coefficients, slopes)), timesTarget }
    },
    work: columns.length,
  }
}
