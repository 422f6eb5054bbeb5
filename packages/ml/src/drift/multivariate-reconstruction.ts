import { numericColumn } from '../data/design-matrix.js'
import { float64At } from '../data/element.js'
import { columnNamed, type Table, type TableColumn } from '../data/table.js'
import { type Pca, pca } from '../decomposition/pca.js'
import type { FitRun } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import {
  chunkRowsMin,
  cutChunks,
  type EstimatedValue,
  estimated,
  type MetricThresholds,
  referenceChunks,
  thresholdsOf,
} from '../monitoring/reference-chunks.js'
import { finiteValues, labelCounts, mostFrequent, valuesOfLabels } from './multivariate-columns.js'

/** How a column becomes a number: what is missing is the mean or the most frequent label of the reference; a label is its rows there. */
type Encoded =
  | { readonly kind: 'number'; readonly name: string; readonly mean: number }
  | {
      readonly kind: 'text'
      readonly name: string
      readonly counts: ReadonlyMap<string, number>
      readonly mostFrequent: string
    }

/** What a reference was compressed to. */
export interface Reconstruction {
  readonly columns: readonly Encoded[]
  /** Columns of the reference without any value, which nothing can be said of. */
  readonly leftOut: readonly string[]
  readonly means: Float64Array
  readonly deviations: Float64Array
  readonly components: Pca
  readonly thresholds: MetricThresholds | null
}

export interface ReconstructionOptions extends FitRun {
  /** Share of the variance that is kept, or a number of components; 0.65 by default, as in NannyML. */
  readonly components?: number
  /**
   * Rows of the reference that thresholds come from instead of those that are compressed: what was not learnt from loses as much as new rows
   * do, which of few rows or many columns is more.
   */
  readonly apart?: Table
}

/** Rows of the reference: so many for each of the parts that thresholds come from. */
export const reconstructionRowsMin = referenceChunks * chunkRowsMin

/**
 * Compresses the reference by principal components, as NannyML does: numbers and labels (by how many rows have them) are scaled to variance 1
 * and kept to 65 % of it. How much is lost by compressing and restoring changes when columns no longer go together as they did. Alarms lie
 * outside the mean of ten parts of the reference plus and minus three standard deviations.
 * @throws MlError `empty_set` for fewer rows than `reconstructionRowsMin`, `missing_feature` where no column has values, and as `pca`
 */
export async function fitReconstruction(
  reference: Table,
  { components = 0.65, apart, signal }: ReconstructionOptions = {},
): Promise<Reconstruction> {
  const bounds = cutChunks((apart ?? reference).rowCount)
  const encoders = reference.columns.map((column) => [column.name, encoderOf(column)] as const)
  const columns = encoders.flatMap(([, encoder]) => encoder ?? [])
  const leftOut = encoders.filter(([, encoder]) => encoder === undefined).map(([name]) => name)
  if (columns.length === 0) throw new MlError('missing_feature', 'No column of the reference has a value')
  const raw = encodeAll(columns, reference)
  const means = Float64Array.from(raw, meanOf)
  const deviations = Float64Array.from(raw, (values, column) => scaleOf(values, float64At(means, column)))
  const scaled = scale(raw, means, deviations)
  const fitted = await pca.fit({
    features: {
      rowCount: reference.rowCount,
      columns: scaled.map((values, column) => numericColumn(String(column), values)),
    },
    target: null,
    parameters: { n_components: components },
    ...(signal === undefined ? {} : { signal }),
  })
  const others = apart === undefined ? scaled : scale(encodeAll(columns, apart), means, deviations)
  const errors = errorsOf(others, fitted)
  const parts = Float64Array.from({ length: bounds.length - 1 }, (_, part) =>
    meanOf(errors.subarray(bounds[part] ?? 0, bounds[part + 1] ?? 0)),
  )
  return {
    columns,
    leftOut,
    means,
    deviations,
    components: fitted,
    thresholds: thresholdsOf(parts, { min: 0 }),
  }
}

/**
 * The mean error of current rows beside what the reference has by itself.
 * @throws MlError `empty_set` without rows, `missing_feature` for a column that the reference has and they have not, or as another kind
 */
export function reconstructionDrift(model: Reconstruction, current: Table): EstimatedValue {
  if (current.rowCount === 0) throw new MlError('empty_set', 'There are no current rows')
  const errors = errorsOf(scale(encodeAll(model.columns, current), model.means, model.deviations), model.components)
  const mean = meanOf(errors)
  // Of one row there is none.
  const count = errors.length
  const samplingError = Math.sqrt((deviationOf(errors, mean) ** 2 * count) / (count - 1) / count)
  return estimated(mean, samplingError, { thresholds: model.thresholds, min: 0 })
}

function encoderOf(column: TableColumn): Encoded | undefined {
  const { name } = column
  if (column.kind === 'text') {
    const counts = labelCounts(column)
    const most = mostFrequent(counts)
    if (most === undefined) return undefined
    // The rows that lack a value count for the label that stands for them.
    const filled = [...counts.values()].reduce((sum, rows) => sum + rows, 0)
    const whole = new Map(counts).set(most, (counts.get(most) ?? 0) + column.codes.length - filled)
    return { kind: 'text', name, counts: whole, mostFrequent: most }
  }
  const known = finiteValues(column).filter((value) => !Number.isNaN(value))
  return known.length === 0 ? undefined : { kind: 'number', name, mean: meanOf(known) }
}

const encodeAll = (encoders: readonly Encoded[], rows: Table) =>
  encoders.map((encoder) => encode(encoder, columnNamed(rows, encoder.name)))

function encode(encoder: Encoded, column: TableColumn): Float64Array {
  if (encoder.kind === 'text' && column.kind === 'text') {
    const { counts, mostFrequent: most } = encoder
    return valuesOfLabels(column, (label) => counts.get(label) ?? 0, counts.get(most))
  }
  if (encoder.kind === 'number' && column.kind !== 'text') {
    return finiteValues(column).map((value) => (Number.isNaN(value) ? encoder.mean : value))
  }
  throw new MlError(
    'missing_feature',
    `The column ${JSON.stringify(encoder.name)} is of another kind than in the reference`,
    {
      value: encoder.name,
    },
  )
}

function scale(raw: readonly Float64Array[], means: Float64Array, deviations: Float64Array): Float64Array[] {
  return raw.map((values, column) => {
    const [mean, deviation] = [float64At(means, column), float64At(deviations, column)]
    return values.map((value) => (value - mean) / deviation)
  })
}

/** The distance of each row from what is restored of it. */
function errorsOf(columns: readonly Float64Array[], { means, components, componentCount }: Pca): Float64Array {
  const width = columns.length
  const rowCount = columns[0]?.length ?? 0
  const errors = new Float64Array(rowCount)
  const centred = new Float64Array(width)
  for (let row = 0; row < rowCount; row++) {
    for (const [column, values] of columns.entries())
      centred[column] = float64At(values, row) - float64At(means, column)
    const rest = centred.slice()
    for (let component = 0; component < componentCount; component++) {
      let score = 0
      for (let at = 0; at < width; at++) score += float64At(centred, at) * float64At(components, component * width + at)
      for (let at = 0; at < width; at++) {
        rest[at] = float64At(rest, at) - score * float64At(components, component * width + at)
      }
    }
    let squares = 0
    for (let at = 0; at < width; at++) squares += float64At(rest, at) ** 2
    errors[row] = Math.sqrt(squares)
  }
  return errors
}

function meanOf(values: Float64Array): number {
  let sum = 0
  for (let at = 0; at < values.length; at++) sum += float64At(values, at)
  return sum / values.length
}

/** A column that is constant to within rounding is scaled by 1, by the bound of scikit-learn: the rest of a sum is no variance. */
function scaleOf(values: Float64Array, mean: number): number {
  const deviation = deviationOf(values, mean)
  const rows = values.length
  const rounding = rows * Number.EPSILON * deviation ** 2 + (rows * mean * Number.EPSILON) ** 2
  return deviation ** 2 <= rounding ? 1 : deviation
}

/** Divided by the count, as scikit-learn scales. */
function deviationOf(values: Float64Array, mean: number): number {
  let squares = 0
  for (let at = 0; at < values.length; at++) squares += (float64At(values, at) - mean) ** 2
  return Math.sqrt(squares / values.length)
}
