import type { MonitorCheck, ReportMetric } from '@fabrique/contract'
import type { Said } from '@fabrique/ml/drift'

/** A figure of a run. Its reason, where there is none, is in both languages. */
export type Figure = Omit<ReportMetric, 'why_not'> & { readonly whyNot?: Said }

/** A figure before it meets its bounds. */
export interface Measured {
  readonly kind: MonitorCheck['kind']
  readonly metric: string
  readonly column?: string | undefined
  /** Undefined where it could not be computed. */
  readonly value: number | undefined
  readonly low?: number | undefined
  readonly high?: number | undefined
  readonly rows: number
  readonly whyNot?: Said | undefined
}

const keyOf = ({ kind, metric, column = '' }: Pick<Measured, 'kind' | 'metric' | 'column'>) =>
  JSON.stringify([kind, metric, column])

/**
 * Holds figures against their bounds: those with bounds in the order of the checks, then the others. A bound whose figure there is not holds
 * nothing and breaks nothing.
 */
export function judgeFigures(measured: readonly Measured[], checks: readonly MonitorCheck[]): readonly Figure[] {
  const found = new Map(measured.map((one) => [keyOf(one), one]))
  const judged = checks.map((check) => {
    const { kind, metric, column, min, max, severity } = check
    const of = found.get(keyOf(check)) ?? { kind, metric, column, value: undefined, rows: 0, whyNot: unknownFigure }
    const bounds = { severity, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
    return figureOf(of, bounds, stateOf(of.value, check))
  })
  const bound = new Set(checks.map(keyOf))
  const others = measured.filter((one) => !bound.has(keyOf(one)))
  return [...judged, ...others.map((one) => figureOf(one, {}, isNumber(one.value) ? 'no_bound' : 'not_computed'))]
}

const unknownFigure: Said = {
  en: 'There is no such figure of these rows',
  fr: 'Il n’y a pas de telle mesure de ces lignes',
}

const isNumber = (value: number | undefined): value is number => value !== undefined && Number.isFinite(value)

function stateOf(value: number | undefined, { min = -Infinity, max = Infinity }: MonitorCheck): Figure['state'] {
  if (!isNumber(value)) return 'not_computed'
  return value >= min && value <= max ? 'holds' : 'violated'
}

function figureOf(
  { kind, metric, column, value, low, high, rows, whyNot }: Measured,
  bounds: Pick<Figure, 'min' | 'max' | 'severity'>,
  state: Figure['state'],
): Figure {
  return {
    kind,
    metric,
    ...(column === undefined ? {} : { column }),
    value: isNumber(value) ? value : null,
    ...(isNumber(low) ? { low } : {}),
    ...(isNumber(high) ? { high } : {}),
    rows,
    ...bounds,
    state,
    ...(whyNot === undefined || isNumber(value) ? {} : { whyNot }),
  }
}
