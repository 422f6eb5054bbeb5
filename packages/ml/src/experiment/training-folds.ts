import { int32At } from '../data/element.js'
import { columnNamed, type Table, takeTableRows } from '../data/table.js'
import type { ClassTarget, ValueTarget } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import { deriveSeed } from '../random/derive-seed.js'
import { groupKFold, kFold, stratifiedKFold, timeSeriesFolds } from '../selection/folds.js'
import type { TrainTestSplit } from '../selection/stratified-split.js'
import type { ExperimentDefinition } from './experiment-definition.js'
import { groupCodes } from './split-rows.js'
import { takeTarget } from './target-rows.js'

export interface FoldsAsked {
  readonly definition: Pick<ExperimentDefinition, 'split' | 'seed'>
  /** The rows that are parted. */
  readonly trainRows: Int32Array
  readonly folds: number
}

/**
 * Folds of the training rows, parted as the experiment parts its rows: by chance and by class, by whole groups, or each after those that
 * it is trained on (the oldest rows are then in no fold).
 * @throws MlError of the folds, `missing_feature`, or `invalid_parameter` for a column of times that holds text
 */
export function trainingFolds(
  rows: Table,
  target: ClassTarget | ValueTarget,
  { definition: { split, seed }, trainRows, folds }: FoldsAsked,
): readonly TrainTestSplit[] {
  const rowsOf = (part: Int32Array) => part.map((index) => int32At(trainRows, index))
  const own = () => takeTarget(target, trainRows)
  const named = (column: string) => columnNamed(takeTableRows(rows, trainRows), column)
  const parts = () => {
    switch (split.kind) {
      case 'random': {
        const options = { folds, seed: deriveSeed(seed, 1) }
        const learnt = own()
        return learnt.kind === 'classes' ? stratifiedKFold(learnt.labels, options) : kFold(trainRows.length, options)
      }
      case 'group':
        return groupKFold(groupCodes(named(split.column)), { folds })
      case 'time': {
        const column = named(split.column)
        if (column.kind !== 'text') return timeSeriesFolds(column.values, { folds })
        throw new MlError(
          'invalid_parameter',
          `Column ${JSON.stringify(split.column)} holds text: a split by time needs moments`,
          { value: split.column },
        )
      }
    }
  }
  return parts().map((part) => ({ trainRows: rowsOf(part.trainRows), testRows: rowsOf(part.testRows) }))
}
