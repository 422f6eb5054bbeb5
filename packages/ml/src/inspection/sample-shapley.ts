import { float64At, int32At, itemAt } from '../data/element.js'
import { type Table, type TableColumn, takeTableRows } from '../data/table.js'
import { assertNotAborted } from '../estimators/assert-not-aborted.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'

/** Estimated contributions, by output. */
export interface SampledContributions {
  /** By output: the mean over the background. */
  readonly expected: Float64Array
  /** By output, then by column: the contribution for each row. */
  readonly contributions: readonly (readonly Float64Array[])[]
  /** Standard errors of the same. */
  readonly standardErrors: readonly (readonly Float64Array[])[]
}

export interface SampleOptions {
  readonly seed: number
  /** Rows that columns which are left out are drawn from. */
  readonly background: Table
  /** Orders of the columns for each row of the background, each also backwards; 1 by default. */
  readonly rounds?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
}

/** By output the numbers of some rows: probabilities by class, or one number. */
export type PredictOutputs = (rows: Table) => Promise<readonly ArrayLike<number>[]>

/**
 * Shapley values by random orders of the columns (Štrumbelj and Kononenko 2014): on the way from a row of the background to the explained
 * row, column after column takes its value, and what the prediction changes by is what the column adds. Each order is also gone
 * backwards (Mitchell and others 2022), and each row of the background is gone from as often as the others: base and
 * contributions add up to the prediction exactly. Columns that are left out are drawn independently of those that are known.
 * @param predict of rows with the columns of `rows`
 * @throws MlError `training_aborted`, and what `predict` throws
 */
export async function sampleShapley(
  rows: Table,
  predict: PredictOutputs,
  options: SampleOptions,
): Promise<SampledContributions> {
  const { background, seed, rounds = 1, signal, onProgress } = options
  const baseline = await predict(background)
  const expected = Float64Array.from(baseline, (values) => meanOf(values))
  const columnCount = rows.columns.length
  const make = () => baseline.map(() => rows.columns.map(() => new Float64Array(rows.rowCount)))
  const [contributions, standardErrors] = [make(), make()]
  for (let row = 0; row < rows.rowCount; row++) {
    assertNotAborted(signal)
    const random = createRandom(deriveSeed(seed, row))
    const sums = baseline.map(() => new Float64Array(2 * columnCount))
    for (let round = 0; round < rounds; round++) {
      const walks = walksOf(background.rowCount, columnCount, random.shuffle)
      const said = await predict(walkedRows(rows, background, { row, walks }))
      for (const [output, values] of said.entries()) addWalks(itemAt(sums, output), values, { walks, columnCount })
    }
    const pairs = background.rowCount * rounds
    for (const [output, sum] of sums.entries()) {
      for (let column = 0; column < columnCount; column++) {
        const mean = float64At(sum, column) / pairs
        itemAt(itemAt(contributions, output), column)[row] = mean
        const variance = Math.max(0, float64At(sum, columnCount + column) / pairs - mean * mean)
        itemAt(itemAt(standardErrors, output), column)[row] = Math.sqrt(variance / Math.max(1, pairs - 1))
      }
    }
    onProgress?.({ done: row + 1, total: rows.rowCount })
  }
  return { expected, contributions, standardErrors }
}

/** Rows that are predicted for one explained row. */
export function sampledPredictions(backgroundRows: number, columnCount: number, rounds = 1): number {
  return backgroundRows * 2 * (columnCount + 1) * rounds
}

/** Orders of the columns, two for each row of the background: `walks[walk]` is the walk from row `walk >> 1`. */
type Walks = readonly Int32Array[]

function walksOf(backgroundRows: number, columnCount: number, shuffle: (order: Int32Array) => void): Walks {
  return Array.from({ length: backgroundRows }, () => {
    const order = Int32Array.from({ length: columnCount }, (_, column) => column)
    shuffle(order)
    return [order, order.toReversed()]
  }).flat()
}

/** The steps of all walks, one after the other: `columnCount + 1` rows each, from the background to the explained row. */
function walkedRows(rows: Table, background: Table, { row, walks }: { row: number; walks: Walks }): Table {
  const columnCount = rows.columns.length
  const steps = columnCount + 1
  const from = Int32Array.from({ length: walks.length * steps }, (_, index) => Math.floor(index / steps) >> 1)
  const start = takeTableRows(background, from)
  const columns = rows.columns.map((column, position) => {
    const given = itemAt(start.columns, position)
    const isTaken = new Uint8Array(from.length)
    for (const [walk, order] of walks.entries()) {
      const place = order.indexOf(position)
      isTaken.fill(1, walk * steps + place + 1, (walk + 1) * steps)
    }
    return mixed(given, column, { row, isTaken })
  })
  return { rowCount: from.length, columns }
}

/** Values of the background, or that of the explained row where it is taken. */
function mixed(given: TableColumn, own: TableColumn, at: { row: number; isTaken: Uint8Array }): TableColumn {
  const { row, isTaken } = at
  if (given.kind === 'text') {
    const text = own.kind === 'text' ? own.categories[int32At(own.codes, row)] : undefined
    const known = text === undefined ? -1 : given.categories.indexOf(text)
    const categories = text === undefined || known >= 0 ? given.categories : [...given.categories, text]
    const code = text === undefined ? -1 : categories.indexOf(text)
    return { ...given, categories, codes: given.codes.map((before, index) => (isTaken[index] === 1 ? code : before)) }
  }
  const value = own.kind === 'text' ? Number.NaN : float64At(own.values, row)
  return { ...given, values: given.values.map((before, index) => (isTaken[index] === 1 ? value : before)) }
}

/** Adds the mean of the two walks of each row of the background, and its square. */
function addWalks(sum: Float64Array, said: ArrayLike<number>, given: { walks: Walks; columnCount: number }): void {
  const { walks, columnCount } = given
  const steps = columnCount + 1
  const added = new Float64Array(columnCount)
  for (const [walk, order] of walks.entries()) {
    if (walk % 2 === 0) added.fill(0)
    for (let place = 0; place < columnCount; place++) {
      const at = walk * steps + place
      const column = int32At(order, place)
      added[column] = float64At(added, column) + (itemAt(said, at + 1) - itemAt(said, at)) / 2
    }
    if (walk % 2 === 0) continue
    for (let column = 0; column < columnCount; column++) {
      const mean = float64At(added, column)
      sum[column] = float64At(sum, column) + mean
      sum[columnCount + column] = float64At(sum, columnCount + column) + mean * mean
    }
  }
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += itemAt(values, index)
  return sum / values.length
}
