import type { ReportColumn } from '@fabrique/contract'

/** What of a column people look at first: it moved or broke, it could not be told, or it is calm. */
export type ColumnLevel = 'drift' | 'untested' | 'calm'

export function levelOf({ drift, broken }: Pick<ReportColumn, 'drift' | 'broken'>): ColumnLevel {
  if (drift === true || broken) return 'drift'
  return drift === null ? 'untested' : 'calm'
}

type Sided = Pick<ReportColumn, 'missing' | 'reference_rows' | 'current_rows'>

/** Share of the rows of a side that have no value; undefined where it has no rows. */
export function missingShare({ missing, ...rows }: Sided, side: 'reference' | 'current'): number | undefined {
  const all = missing[side] + rows[`${side}_rows`]
  return all === 0 ? undefined : missing[side] / all
}

export interface ColumnChoice {
  readonly find?: string | undefined
  readonly show?: ColumnLevel | undefined
  readonly sort?: 'severity' | 'name' | 'missing' | undefined
}

/** The columns that are asked for. A report has them by severity already: prediction and target first, then what drifts. */
export function chooseColumns(
  columns: readonly ReportColumn[],
  { find = '', show, sort = 'severity' }: ColumnChoice,
): readonly ReportColumn[] {
  const part = find.trim().toLowerCase()
  const found = columns.filter(
    (column) => column.name.toLowerCase().includes(part) && (show === undefined || levelOf(column) === show),
  )
  if (sort === 'name') return found.toSorted((one, other) => one.name.localeCompare(other.name))
  if (sort === 'missing')
    return found.toSorted((one, other) => (missingShare(other, 'current') ?? 0) - (missingShare(one, 'current') ?? 0))
  return found
}
