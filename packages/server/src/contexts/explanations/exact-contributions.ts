import {
  type ExplainableModel,
  linearContributions,
  sumBySource,
  type Table,
  takeTableRows,
  treeShap,
} from '@fabrique/ml'
import type { ExplainedModel } from './explained-model.js'

/** Exact contributions to what the trees or the linear function of a file give, before what the file makes of it. */
export interface RawContributions {
  readonly method: 'tree' | 'linear'
  /** By output. */
  readonly expected: Float64Array
  /** By output, then by input of the file: the contribution for each row. */
  readonly byInput: readonly (readonly Float64Array[])[]
}

/** Numbers of a batch of features that are held at once. */
const batchValues = 4_000_000

interface RawOptions {
  /** Rows that a linear function is explained against. */
  readonly background: Table | undefined
  readonly signal?: AbortSignal | undefined
  readonly onRows?: (done: number) => void
}

/** Undefined where the file has none, or a linear function has no background. Throws MlError `training_aborted`. */
export async function rawContributions(
  model: ExplainedModel,
  rows: Table,
  { background, signal, onRows }: RawOptions,
): Promise<RawContributions | undefined> {
  const { exact } = model
  if (exact === null || rows.rowCount === 0) return undefined
  const means = exact.method === 'linear' ? await meansOf(model, background) : undefined
  if (exact.method === 'linear' && means === undefined) return undefined
  let found: RawContributions | undefined
  const step = Math.max(1, Math.floor(batchValues / Math.max(1, exact.sources.length)))
  for (let from = 0; from < rows.rowCount; from += step) {
    const count = Math.min(step, rows.rowCount - from)
    const batch = takeTableRows(
      rows,
      Int32Array.from({ length: count }, (_, row) => from + row),
    )
    const columns = columnsOf(await model.features(batch))
    const { expected, contributions } = await contributionsOf(exact, columns, { means, signal })
    found ??= {
      method: exact.method,
      expected,
      byInput: contributions.map(() => exact.inputs.map(() => new Float64Array(rows.rowCount))),
    }
    for (const [output, byFeature] of contributions.entries()) {
      for (const [input, values] of sumBySource(byFeature, exact.sources, exact.inputs.length).entries()) {
        found.byInput[output]?.[input]?.set(values, from)
      }
    }
    onRows?.(from + count)
  }
  return found
}

function contributionsOf(
  exact: ExplainableModel,
  columns: readonly Float32Array[],
  { means, signal }: { readonly means: Float64Array | undefined; readonly signal: AbortSignal | undefined },
) {
  if (exact.method === 'tree') return treeShap(exact.trees, columns, signal)
  return linearContributions(exact.linear, columns, means ?? new Float64Array(columns.length))
}

/** [N, F] as columns. */
function columnsOf({ values, width }: { readonly values: Float32Array; readonly width: number }): Float32Array[] {
  const rowCount = width === 0 ? 0 : values.length / width
  return Array.from({ length: width }, (_, feature) => {
    const column = new Float32Array(rowCount)
    for (let row = 0; row < rowCount; row += 1) column[row] = values[row * width + feature] ?? Number.NaN
    return column
  })
}

async function meansOf(model: ExplainedModel, background: Table | undefined): Promise<Float64Array | undefined> {
  if (background === undefined || background.rowCount === 0) return undefined
  const { values, width } = await model.features(background)
  const means = new Float64Array(width)
  for (let at = 0; at < values.length; at += 1) {
    const feature = at % width
    means[feature] = (means[feature] ?? 0) + (values[at] ?? Number.NaN) / background.rowCount
  }
  return means
}
