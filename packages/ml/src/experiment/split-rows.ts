import { columnNamed, type Table, type TableColumn } from '../data/table.js'
import type { ClassTarget, ValueTarget } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import { groupSplit, randomSplit, timeSplit } from '../selection/hold-out.js'
import { stratifiedSplit, type TrainTestSplit } from '../selection/stratified-split.js'
import type { SplitDefinition } from './experiment-definition.js'

/**
 * The rows that train and those that are tested.
 * @throws MlError of the splits, `missing_feature`, or `invalid_parameter` for a column of times that holds text
 */
export function splitRows(
  rows: Table,
  target: ClassTarget | ValueTarget,
  split: SplitDefinition,
  seed: number,
): TrainTestSplit {
  switch (split.kind) {
    case 'random':
      return target.kind === 'classes' && split.isStratified !== false
        ? stratifiedSplit(target.labels, { testShare: split.testShare, seed })
        : randomSplit(rows.rowCount, { testShare: split.testShare, seed })
    case 'group':
      return groupSplit(groupCodes(columnNamed(rows, split.column)), { testShare: split.testShare, seed })
    case 'time': {
      const column = columnNamed(rows, split.column)
      if (column.kind !== 'text') return timeSplit(column.values, split.testShare)
      throw new MlError(
        'invalid_parameter',
        `Column ${JSON.stringify(split.column)} holds text: a split by time needs moments`,
        {
          value: split.column,
        },
      )
    }
  }
}

/** A code for each distinct value; missing ones are one group. */
export function groupCodes(column: TableColumn): Int32Array {
  if (column.kind === 'text') return column.codes
  const codes = new Map<number, number>()
  return Int32Array.from(column.values, (value) => {
    const known = codes.get(value)
    if (known !== undefined) return known
    codes.set(value, codes.size)
    return codes.size - 1
  })
}
