import type { ColumnProfile, SnapshotColumn } from '@fabrique/contract'
import type { Task } from './train-draft.js'

/** As in `packages/ml`: so many distinct whole numbers are taken for classes. */
const classNumbersMax = 20

/** What a column is taken for when nobody says: text and few whole numbers are classes. */
export function guessTask(column: SnapshotColumn, profile: ColumnProfile | undefined): Task {
  if (column.type === 'text' || column.type === 'category' || column.type === 'boolean') return 'classification'
  if (profile === undefined || profile.distinct > classNumbersMax) return 'regression'
  if (column.type === 'integer') return 'classification'
  const { min, max, mean, top = [], quantiles = [] } = profile
  const seen = [min, max, ...top.map(({ value }) => value), ...quantiles.map(({ low, value }) => low ?? value)]
  const numbers = seen.filter((value) => typeof value === 'number')
  return mean !== undefined && numbers.length > 0 && numbers.every(Number.isInteger) ? 'classification' : 'regression'
}

/** Whether a column can be predicted: moments cannot. */
export const mayBeTarget = ({ type }: SnapshotColumn): boolean => type !== 'timestamp' && type !== 'date'
