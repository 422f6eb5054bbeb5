import type { Table, TableColumn } from '../data/table.js'
import { takeTableRows } from '../data/table.js'
import { assertNotAborted } from '../estimators/assert-not-aborted.js'
import { sum } from '../metrics/check-pairs.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'

/** How much worse a score becomes when a column is shuffled. */
export interface ColumnImportance {
  readonly name: string
  /** Mean decrease of the score over the repeats. */
  readonly mean: number
  /** Standard deviation over the repeats (n in the divisor). */
  readonly deviation: number
  readonly decreases: readonly number[]
}

export interface PermutationOptions {
  readonly seed: number
  /** Times that each column is shuffled; 5 by default. */
  readonly repeats?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
}

/**
 * Permutation importance (Breiman 2001), of columns as they came, before preprocessing, as scikit-learn's `permutation_importance` of a
 * pipeline.
 * @param score of the rows, higher is better
 * @throws MlError `training_aborted`
 */
export async function permutationImportance(
  rows: Table,
  score: (rows: Table) => number | Promise<number>,
  options: PermutationOptions,
): Promise<ColumnImportance[]> {
  const { seed, repeats = 5, signal, onProgress } = options
  const before = await score(rows)
  const importances: ColumnImportance[] = []
  for (const [index, column] of rows.columns.entries()) {
    const random = createRandom(deriveSeed(seed, index))
    const order = Int32Array.from({ length: rows.rowCount }, (_, row) => row)
    const decreases: number[] = []
    for (let repeat = 0; repeat < repeats; repeat++) {
      assertNotAborted(signal)
      random.shuffle(order)
      decreases.push(before - (await score(withColumn(rows, index, shuffled(column, order)))))
    }
    const mean = sum(decreases) / repeats
    const deviation = Math.sqrt(sum(decreases.map((decrease) => (decrease - mean) ** 2)) / repeats)
    importances.push({ name: column.name, mean, deviation, decreases })
    onProgress?.({ done: index + 1, total: rows.columns.length })
  }
  return importances
}

function shuffled(column: TableColumn, order: Int32Array): TableColumn {
  return takeTableRows({ rowCount: order.length, columns: [column] }, order).columns[0] ?? column
}

function withColumn({ rowCount, columns }: Table, index: number, column: TableColumn): Table {
  return { rowCount, columns: columns.with(index, column) }
}
