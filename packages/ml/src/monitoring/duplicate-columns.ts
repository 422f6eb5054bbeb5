import { int32At } from '../data/element.js'
import type { Table, TableColumn } from '../data/table.js'

/**
 * Pairs of columns of one kind that are equal in at least so many rows.
 * @param shareMin 1 for columns that are the same, such as 0.95 for nearly the same
 * @param missingIsEqual whether two missing values are; in Evidently's count of columns nearly the same they are not
 * @returns names, the earlier one of the table first
 */
export function columnsAlike(
  { columns, rowCount }: Table,
  { shareMin = 1, missingIsEqual = true }: { readonly shareMin?: number; readonly missingIsEqual?: boolean } = {},
): [string, string][] {
  const differencesMax = rowCount - Math.ceil(shareMin * rowCount)
  const pairs: [string, string][] = []
  for (const [place, first] of columns.entries()) {
    for (let other = place + 1; other < columns.length; other++) {
      const second = columns[other]
      if (second && rowCount > 0 && differAtMost(first, second, { differencesMax, missingIsEqual }))
        pairs.push([first.name, second.name])
    }
  }
  return pairs
}

function differAtMost(
  first: TableColumn,
  second: TableColumn,
  { differencesMax, missingIsEqual }: { readonly differencesMax: number; readonly missingIsEqual: boolean },
): boolean {
  if (first.kind === 'text' && second.kind === 'text') {
    // The codes of the second by the categories of the first; -1 is missing in both, -2 is in neither.
    const codeOf = new Map(second.categories.map((text, code) => [text, text === '' ? -1 : code]))
    const known = Int32Array.from(first.categories, (text) => (text === '' ? -1 : (codeOf.get(text) ?? -2)))
    return countUpTo(first.codes.length, differencesMax, (row) => {
      const own = int32At(first.codes, row) < 0 ? -1 : int32At(known, int32At(first.codes, row))
      const code = int32At(second.codes, row)
      const other = code < 0 || second.categories[code] === '' ? -1 : code
      return own === other && (own >= 0 || missingIsEqual)
    })
  }
  if (first.kind === 'text' || second.kind === 'text' || first.kind !== second.kind) return false
  return countUpTo(first.values.length, differencesMax, (row) => {
    const [own, other] = [first.values[row], second.values[row]]
    return own === other || (missingIsEqual && Number.isNaN(own) && Number.isNaN(other))
  })
}

/** Whether at most so many rows differ; stops at the first beyond. */
function countUpTo(rowCount: number, differencesMax: number, isEqual: (row: number) => boolean): boolean {
  let differences = 0
  for (let row = 0; row < rowCount; row++) {
    if (isEqual(row)) continue
    differences++
    if (differences > differencesMax) return false
  }
  return true
}
