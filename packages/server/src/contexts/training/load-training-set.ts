import type { DuckDBResult } from '@duckdb/node-api'
import { FabriqueError, type FeatureSpec, type ModelDefinition, type Snapshot } from '@fabrique/contract'
import { type ClassLabels, type DesignMatrix, designMatrix, encodeLabels, numericColumn } from '@fabrique/ml'
import { assert, present } from '../../kernel/index.js'
import { sqlName, type VerbContext } from '../../platform/index.js'
import { useSnapshot } from '../datasets/index.js'

export interface TrainingSet {
  readonly matrix: DesignMatrix
  readonly labels: ClassLabels
  /** What the model will say of its inputs: types, units and the range seen here. */
  readonly features: readonly FeatureSpec[]
}

/**
 * Loads the features and the label of a model from a snapshot, in the order of the rows. Throws `training_data_unfit` for a
 * column that is missing or of a type this estimator cannot take.
 */
export async function loadTrainingSet(
  ctx: VerbContext,
  snapshot: Snapshot,
  model: ModelDefinition,
): Promise<TrainingSet> {
  const typed = model.features.map((name) => {
    const column = snapshot.columns.find((candidate) => candidate.name === name)
    if (column === undefined) throw unfit(model, snapshot, `the snapshot has no column ${name}`)
    if (column.type !== 'number' && column.type !== 'integer' && column.type !== 'boolean') {
      throw unfit(
        model,
        snapshot,
        `feature ${name} is of type ${column.type}, and ${model.estimator.kind} takes numbers`,
      )
    }
    return { ...column, type: column.type }
  })
  const label = snapshot.columns.find((candidate) => candidate.name === model.label)
  if (label === undefined) throw unfit(model, snapshot, `the snapshot has no column ${model.label}`)

  const { columns, texts } = await useSnapshot(ctx, snapshot, async (connection, table) => {
    const selected = [
      ...model.features.map((name) => `${sqlName(name)}::float`),
      `${sqlName(model.label)}::varchar`,
    ].join(', ')
    return readColumns(
      await connection.stream(`select ${selected} from ${table}`),
      model.features.length,
      snapshot.row_count,
    )
  })
  const missing = texts.indexOf(null)
  if (missing >= 0) throw unfit(model, snapshot, `the label of row ${missing} is missing`)
  const known = texts.map((value) => present(value, 'label'))
  const features = typed.map(({ name, type, unit }, index): FeatureSpec => {
    const values = present(columns[index], name)
    return { name, type, ...(unit === undefined ? {} : { unit }), ...rangeOf(values) }
  })
  return {
    matrix: designMatrix(model.features.map((name, index) => numericColumn(name, present(columns[index], name)))),
    labels: encodeLabels(known),
    features,
  }
}

async function readColumns(
  result: DuckDBResult,
  featureCount: number,
  rowCount: number,
): Promise<{ columns: Float32Array[]; texts: (string | null)[] }> {
  const columns = Array.from({ length: featureCount }, () => new Float32Array(rowCount))
  const texts = new Array<string | null>(rowCount)
  let filled = 0
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) break
    for (const [index, column] of columns.entries()) {
      const vector = chunk.getColumnVector(index)
      for (let row = 0; row < chunk.rowCount; row += 1) column[filled + row] = Number(vector.getItem(row) ?? Number.NaN)
    }
    const labels = chunk.getColumnVector(featureCount)
    for (let row = 0; row < chunk.rowCount; row += 1) {
      const value = labels.getItem(row)
      texts[filled + row] = value === null ? null : String(value)
    }
    filled += chunk.rowCount
  }
  assert(filled === rowCount, `The snapshot has ${filled} rows instead of ${rowCount}`)
  return { columns, texts }
}

function rangeOf(values: Float32Array): { min?: number; max?: number } {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value < min) min = value
    if (value > max) max = value
  }
  // Rounded to the seven digits that a 32-bit number has, so that 7.9 is not shown as 7.900000095.
  return Number.isFinite(min) ? { min: Number(min.toPrecision(7)), max: Number(max.toPrecision(7)) } : {}
}

export function unfit(model: ModelDefinition, snapshot: Snapshot, reason: string, cause?: unknown): FabriqueError {
  return new FabriqueError('training_data_unfit', { model: model.name, snapshot: snapshot.id, reason }, { cause })
}
