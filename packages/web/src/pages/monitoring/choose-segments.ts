import type { ReportSegment } from '@fabrique/contract'
import type { segmentOrders } from '../../routing/search.js'

interface Choice {
  /** Of one column only. */
  readonly column: string | undefined
  readonly order: (typeof segmentOrders)[number]
}

/** Segments as they are asked for; the server has the worst first. */
export function chooseSegments(
  segments: readonly ReportSegment[],
  { column, order }: Choice,
): readonly ReportSegment[] {
  const chosen = segments.filter((one) => column === undefined || one.column === column)
  if (order === 'worst') return chosen
  return chosen.toSorted((one, other) =>
    order === 'rows'
      ? other.rows - one.rows
      : one.title.localeCompare(other.title, undefined, { numeric: true, sensitivity: 'base' }),
  )
}
