import { float64At, int32At } from '../data/element.js'
import { columnNamed, type Table } from '../data/table.js'
import type { ClassTarget, ValueTarget } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import type { ExperimentDefinition } from './experiment-definition.js'

/** Weight of each row; undefined where none were asked for. Throws MlError `missing_feature` or `invalid_weight`. */
export function weightsOf(rows: Table, { weight }: Pick<ExperimentDefinition, 'weight'>): Float64Array | undefined {
  if (weight === undefined) return undefined
  const column = columnNamed(rows, weight)
  if (column.kind === 'number') return column.values
  throw new MlError('invalid_weight', `Column ${JSON.stringify(weight)} holds no numbers: weights are numbers`, {
    value: weight,
  })
}

export function takeValues(values: Float64Array, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => float64At(values, row))
}

/** The rows of a target, in the given order. */
export function takeTarget<Target extends ClassTarget | ValueTarget>(target: Target, rows: Int32Array): Target {
  if (target.kind === 'values') return { ...target, values: takeValues(target.values, rows) }
  const { labels } = target
  return { ...target, labels: { ...labels, codes: rows.map((row) => int32At(labels.codes, row)) } }
}
