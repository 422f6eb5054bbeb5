import { type DesignMatrix, float32Values } from '../data/design-matrix.js'
import { float32At, float64At, int32At, itemAt, uint8At } from '../data/element.js'
import { featureCount } from '../estimators/check-input.js'
import type { Features } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import type { BoostedModel } from './boosted-model.js'
import { setHas } from './split-record.js'

/**
 * What the trees say of rows before the link, by output: the sum of leaves, rounded to float32, plus the baseline, rounded again; the
 * same bits as an exported file gives.
 * @throws MlError `sparse_unsupported` or `missing_feature`
 */
export function rawPredictions(model: BoostedModel, features: Features): readonly Float32Array[] {
  const columns = modelColumns(model, features)
  const { rowCount } = features
  const outputCount = model.baseline.length
  const raw = Array.from(model.baseline, () => new Float32Array(rowCount))
  const sums = new Float64Array(outputCount)
  const row: RowValues = { values: new Float32Array(columns.length), categoryCounts: model.categoryCounts }
  for (let index = 0; index < rowCount; index++) {
    for (const [feature, column] of columns.entries()) row.values[feature] = float32At(column, index)
    sums.fill(0)
    for (let tree = 0; tree + 1 < model.roots.length; tree++) {
      const output = tree % outputCount
      sums[output] =
        float64At(sums, output) + float32At(model.leafValues, leafOf(model, int32At(model.roots, tree), row))
    }
    for (let output = 0; output < outputCount; output++) {
      itemAt(raw, output)[index] = Math.fround(float64At(sums, output)) + float32At(model.baseline, output)
    }
  }
  return raw
}

interface RowValues {
  readonly values: Float32Array
  readonly categoryCounts: Int32Array
}

function leafOf(model: BoostedModel, root: number, { values, categoryCounts }: RowValues): number {
  const { featureIds, thresholds, rightChildren, missingLeft, categoryStarts, categorySets } = model
  let node = root
  for (let feature = int32At(featureIds, node); feature >= 0; feature = int32At(featureIds, node)) {
    const value = float32At(values, feature)
    const set = int32At(categoryStarts, node)
    let isLeft: boolean
    if (set < 0)
      isLeft = value <= float32At(thresholds, node) || (Number.isNaN(value) && uint8At(missingLeft, node) === 1)
    else if (isCode(value, int32At(categoryCounts, feature))) isLeft = setHas(categorySets, value, set)
    else isLeft = uint8At(missingLeft, node) === 1
    node = isLeft ? node + 1 : int32At(rightChildren, node)
  }
  return node
}

/** Whatever is no code counts as missing. */
export function isCode(value: number, categoryCount: number): boolean {
  return value >= 0 && value < categoryCount && Number.isInteger(value)
}

function modelColumns({ featureNames }: BoostedModel, features: Features): readonly Float32Array[] {
  if (!('columns' in features)) {
    throw new MlError('sparse_unsupported', 'The model was trained on columns: give columns, not sparse rows', {
      value: featureCount(features),
    })
  }
  return featureNames.map((name) => {
    const column = features.columns.find((one) => one.name === name)
    if (column === undefined) throw missingFeature(name, features)
    return float32Values(column)
  })
}

function missingFeature(name: string, { columns }: DesignMatrix): MlError {
  const known = columns.map((column) => JSON.stringify(column.name)).join(', ')
  return new MlError('missing_feature', `The model needs a feature ${JSON.stringify(name)}: the rows have ${known}`, {
    value: name,
  })
}
