import { encodeLabels } from '../data/class-labels.js'
import { float64At, int32At } from '../data/element.js'
import { columnNamed, type Table, type TableColumn } from '../data/table.js'
import type { ClassTarget, ValueTarget } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import type { LearningTask } from './experiment-definition.js'

/** So many distinct whole numbers are taken for classes when nobody says what is to be learnt. */
const classNumbersMax = 20

/** What a target column is taken for: text and few whole numbers are classes. */
export function inferTask(column: TableColumn): LearningTask {
  if (column.kind === 'text') return 'classification'
  const distinct = new Set<number>()
  for (const value of column.values) {
    if (Number.isNaN(value)) continue
    if (!Number.isInteger(value)) return 'regression'
    distinct.add(value)
    if (distinct.size > classNumbersMax) return 'regression'
  }
  return 'classification'
}

/**
 * The column to predict as a target.
 * @throws MlError `missing_feature`, `empty_set`, `split_too_small` for one row, `invalid_target` (missing, constant or infinite values, text or moments where numbers are
 *   due), `invalid_label`, `single_class` or `too_many_classes`
 */
export function readTarget(rows: Table, name: string, task?: LearningTask): ClassTarget | ValueTarget {
  const column = columnNamed(rows, name)
  if (rows.rowCount === 0)
    throw new MlError('empty_set', 'There are no rows to train on: give at least two', { value: 0 })
  if (rows.rowCount === 1) {
    throw new MlError('split_too_small', 'There is one row: a training needs at least two, one of them to test on', {
      value: 1,
    })
  }
  if (column.kind === 'time') {
    throw new MlError('invalid_target', `The target ${JSON.stringify(name)} holds moments: give numbers or classes`, {
      value: name,
    })
  }
  assertPresent(column)
  return (task ?? inferTask(column)) === 'classification' ? classTarget(column) : valueTarget(column)
}

function classTarget(column: Exclude<TableColumn, { kind: 'time' }>): ClassTarget {
  const values =
    column.kind === 'text'
      ? Array.from(column.codes, (code) => column.categories[code] ?? '')
      : Array.from(column.values)
  const labels = encodeLabels(values)
  if (labels.classes.length === 1) {
    throw new MlError(
      'single_class',
      `Every row of ${JSON.stringify(column.name)} is ${JSON.stringify(labels.classes[0])}: a classifier needs rows of at least two classes`,
      { value: labels.classes[0] },
    )
  }
  return { kind: 'classes', labels }
}

function valueTarget(column: Exclude<TableColumn, { kind: 'time' }>): ValueTarget {
  const { name } = column
  if (column.kind === 'text') {
    throw new MlError('invalid_target', `The target ${JSON.stringify(name)} holds text: regression needs numbers`, {
      value: name,
    })
  }
  const { values } = column
  const infinite = values.findIndex((value) => !Number.isFinite(value))
  if (infinite >= 0) {
    throw new MlError(
      'invalid_target',
      `The target ${JSON.stringify(name)} is ${values[infinite]} in row ${infinite + 1}: drop the row`,
      {
        value: values[infinite],
      },
    )
  }
  const first = float64At(values, 0)
  if (values.every((value) => value === first)) {
    throw new MlError('invalid_target', `Every row of ${JSON.stringify(name)} is ${first}: there is nothing to learn`, {
      value: first,
    })
  }
  return { kind: 'values', values }
}

/** A blank text is no class; rows are counted from 1. */
function assertPresent(column: Exclude<TableColumn, { kind: 'time' }>): void {
  const isMissing = (row: number) =>
    column.kind === 'text'
      ? (column.categories[int32At(column.codes, row)] ?? '').trim() === ''
      : Number.isNaN(float64At(column.values, row))
  const count = column.kind === 'text' ? column.codes.length : column.values.length
  let missing = 0
  let first = -1
  for (let row = 0; row < count; row++) {
    if (!isMissing(row)) continue
    if (missing === 0) first = row
    missing++
  }
  if (missing === 0) return
  throw new MlError(
    'invalid_target',
    `The target ${JSON.stringify(column.name)} is missing in ${missing} of ${count} rows, first in row ${first + 1}: drop them or fill them in`,
    { value: missing },
  )
}
