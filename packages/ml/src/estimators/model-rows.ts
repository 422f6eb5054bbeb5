import { denseRows, type FeatureRows } from '../data/feature-rows.js'
import { assertFiniteSparse } from '../data/sparse-matrix.js'
import { MlError } from '../ml-error.js'
import { featureCount } from './check-input.js'
import type { Features } from './estimator.js'

/** What a model has to know to find its features. */
export interface ModelFeatures {
  readonly featureNames: readonly string[] | null
  readonly featureCount: number
}

/**
 * The rows as a model reads them. Dense columns are found by name, in any order; sparse ones and those of a model without names by
 * position.
 * @throws MlError `missing_feature`, `length_mismatch` or `non_finite_value`
 */
export function modelRows({ featureNames, featureCount: due }: ModelFeatures, features: Features): FeatureRows {
  if (!('columns' in features)) {
    assertCount(features, due)
    assertFiniteSparse(features)
    return features
  }
  const { rowCount, columns } = features
  if (featureNames === null) assertCount(features, due)
  const found = featureNames?.map((name) => columns.find((column) => column.name === name) ?? missing(name, features))
  const rows = denseRows({ rowCount, columns: found ?? columns })
  const wrong = rows.values.findIndex((value) => !Number.isFinite(value))
  if (wrong < 0) return rows
  const value = rows.values[wrong]
  const name = JSON.stringify((found ?? columns)[wrong % due]?.name)
  throw new MlError(
    'non_finite_value',
    `Feature ${name} is ${value} in row ${Math.floor(wrong / due)}: fill in or drop such rows`,
    { value },
  )
}

function assertCount(features: Features, due: number): void {
  const given = featureCount(features)
  if (given === due) return
  throw new MlError(
    'length_mismatch',
    `There are ${given} features, but the model was trained on ${due}: give the same ones`,
    { value: given },
  )
}

function missing(name: string, features: Features): never {
  const known = 'columns' in features ? features.columns.map((column) => JSON.stringify(column.name)).join(', ') : ''
  throw new MlError('missing_feature', `The model needs a feature ${JSON.stringify(name)}: the rows have ${known}`, {
    value: name,
  })
}
