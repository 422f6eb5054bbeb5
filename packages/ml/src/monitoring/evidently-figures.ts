import {
  type BoundPart,
  type EvidentlyMetric,
  type EvidentlyReport,
  type EvidentlyTest,
  type EvidentlyValue,
  evidentlyMetric,
  evidentlyTest,
} from './evidently-json.js'
import { evidentlyPerformanceFigure } from './evidently-performance.js'

/** A figure of current rows and its bounds; `ReportMetric` has it. */
export interface EvidentlyFigure {
  readonly kind: 'quality' | 'performance' | 'estimated_performance'
  readonly metric: string
  readonly column?: string | undefined
  /** Null where it could not be computed: its tests are errors. */
  readonly value: number | null
  readonly rows: number
  readonly min?: number | undefined
  readonly max?: number | undefined
  /** A bound that only warns fails no report. */
  readonly severity?: 'warning' | 'alarm' | undefined
}

interface Told {
  readonly metric: EvidentlyMetric
  readonly title: string
  readonly value: number | null
  readonly part: BoundPart
}

/**
 * Figures of quality and performance as Evidently's metrics, with a test for each bound. Estimates, shares of columns together and what has
 * no metric there are left out: a name that means something else would mislead.
 */
export function evidentlyFigures(figures: readonly EvidentlyFigure[]): EvidentlyReport {
  const known = new Map<string, EvidentlyMetric>()
  const tests: EvidentlyTest[] = []
  for (const figure of figures) {
    const told =
      figure.kind === 'performance' ? performance(figure) : figure.kind === 'quality' ? quality(figure) : undefined
    if (told === undefined) continue
    known.set(told.metric.id, told.metric)
    const bounds = [
      ['greater_or_equal', figure.min],
      ['less_or_equal', figure.max],
    ] as const
    for (const [comparison, bound] of bounds) {
      if (bound === undefined) continue
      const { metric, title, value, part } = told
      const expected = { kind: 'number', value: boundOf(figure, bound) } as const
      tests.push(
        evidentlyTest({ metric, title, comparison, expected, value, part, isCritical: figure.severity !== 'warning' }),
      )
    }
  }
  return { metrics: [...known.values()], tests }
}

/** Percentage errors are told in per cent there. */
const boundOf = ({ kind, metric }: EvidentlyFigure, bound: number) =>
  kind === 'performance' && metric === 'mape' ? 100 * bound : bound

function performance({ metric, value }: EvidentlyFigure): Told | undefined {
  const told = evidentlyPerformanceFigure(metric, value)
  return told === undefined ? undefined : { ...told, part: { kind: told.isMean ? 'mean' : 'single' } }
}

const ofTable: Readonly<Record<string, { readonly kind: string; readonly title: string }>> = {
  rows: { kind: 'RowCount', title: 'Row count in dataset' },
  empty_columns: { kind: 'EmptyColumnsCount', title: 'Count of empty columns in dataset' },
  constant_columns: { kind: 'ConstantColumnsCount', title: 'Count of constant columns in dataset' },
}

function quality({ metric, column, value, rows }: EvidentlyFigure): Told | undefined {
  if (metric === 'missing_share' && column !== undefined) {
    const counted: EvidentlyValue = value === null ? null : { count: Math.round(value * rows), share: value }
    return {
      metric: evidentlyMetric({
        kind: 'MissingValueCount',
        module: 'column_statistics',
        parameters: [{ name: 'column', value: column, isOwn: true }],
        value: counted,
      }),
      title: `Column '${column}' missing values`,
      value,
      // The bound is one of the share.
      part: { kind: 'count', isCount: false },
    }
  }
  const known = ofTable[metric]
  if (known === undefined || column !== undefined) return undefined
  const { kind, title } = known
  return {
    metric: evidentlyMetric({ kind, module: 'dataset_statistics', value }),
    title,
    value,
    part: { kind: 'single' },
  }
}
