import type {
  ColumnRole,
  Language,
  ReportColumn,
  ReportMetric,
  ReportMultivariate,
  ReportSegments,
} from '@fabrique/contract'
import {
  type ColumnDrift,
  type DriftReport,
  driftMethod,
  isProbability,
  methodTitle,
  type SharedDistribution,
} from '@fabrique/ml/drift'
import type { VerbContext } from '../../../platform/index.js'
import type { StoredParts, UnsettledPart } from '../store.js'
import type { ComparedRun } from './compare-sides-of-run.js'
import type { Figure } from './figures.js'
import type { FoundMultivariate } from './multivariate.js'
import { nameOfSegment } from './name-of-segment.js'
import type { FoundSegments } from './segments.js'

/** What a report tells beside its columns; what nobody asked for is absent. */
export interface ReportParts {
  readonly figures: readonly Figure[]
  readonly segments?: FoundSegments | undefined
  readonly multivariate?: readonly FoundMultivariate[] | undefined
}

/** A report as a whole, as it stands in the blob store. */
export interface ReportDocument extends ReportParts {
  readonly format: 1
  readonly report: DriftReport
  readonly roles: Readonly<Record<string, ColumnRole>>
  readonly distributions: Readonly<Record<string, SharedDistribution>>
}

/** Puts a report together; what matters most is first. */
export function documentOf({ report, roles, distributions }: ComparedRun, parts: ReportParts): ReportDocument {
  const columns = [...report.columns].sort(
    (a, b) => rankOf(a, roles.get(a.name)) - rankOf(b, roles.get(b.name)) || strengthOf(b) - strengthOf(a),
  )
  return {
    format: 1,
    report: { ...report, columns },
    roles: Object.fromEntries(roles),
    distributions: Object.fromEntries(distributions),
    ...parts,
  }
}

/** Prediction and target, then what drifts, what broke, what was tested, the rest. */
function rankOf({ drift, broken, state }: ColumnDrift, role: ColumnRole | undefined): number {
  if (role === 'prediction') return 0
  if (role === 'target') return 1
  if (drift === true) return 2
  if (broken) return 3
  return state === 'tested' ? 4 : 5
}

/** How far beyond its threshold: of calibrated ones how large the difference is. */
function strengthOf({ score, threshold, method, calibration }: ColumnDrift): number {
  if (calibration !== undefined) return calibration.effect
  if (score === null || threshold === null || method === null) return 0
  const known = driftMethod(method)
  const tiny = Number.MIN_VALUE
  return known !== undefined && isProbability(known) ? threshold / (score + tiny) : score / (threshold + tiny)
}

/** The column that calls for a look first. */
export function worstColumn({ report }: ReportDocument): string | undefined {
  return (report.columns.find(({ drift }) => drift === true) ?? report.columns.find(({ broken }) => broken))?.name
}

/** What lists tell beside columns and figures; undefined where there is nothing beside. */
export function partsOf(
  { segments, multivariate }: Partial<ReportParts> = {},
  unsettled: readonly UnsettledPart[] = [],
): StoredParts | undefined {
  if (segments === undefined && multivariate === undefined && unsettled.length === 0) return undefined
  return {
    ...(unsettled.length === 0 ? {} : { unsettled }),
    ...(multivariate === undefined ? {} : { multivariate_drift: togetherOf(multivariate) }),
    ...(segments === undefined
      ? {}
      : {
          performance_falls: segments.whole.falls,
          segments_fallen: segments.fallen,
          segments_undecided: undecidedOf(segments),
        }),
  }
}

/** Segments of which is not known whether the model does worse. */
export const undecidedOf = ({ segments }: FoundSegments): number =>
  segments.reduce((count, { falls }) => count + (falls === null ? 1 : 0), 0)

/** One method that says so is enough; what one cannot decide is not good news. */
function togetherOf(found: readonly FoundMultivariate[]): boolean | null {
  if (found.some(({ drift }) => drift === true)) return true
  return found.every(({ drift }) => drift === false) ? false : null
}

export async function readDocument(ctx: VerbContext, sha256: string): Promise<ReportDocument> {
  const parts: Uint8Array[] = []
  for await (const part of await ctx.blobs.open(sha256)) parts.push(part)
  // Written by `documentOf`, and found by its hash.
  return JSON.parse(Buffer.concat(parts).toString())
}

/** Columns as they are sent, in the order of the document. */
export function toColumns({ report, roles, distributions }: ReportDocument, language: Language): ReportColumn[] {
  return report.columns.map((column) => {
    const { calibration, vectors } = column
    const histogram = distributions[column.name]
    return {
      name: column.name,
      role: roles[column.name] ?? 'feature',
      type: column.type,
      state: column.state,
      method: column.method,
      method_title: column.method === null ? null : methodTitle(column.method)[language],
      score: column.score,
      threshold: column.threshold,
      drift: column.drift,
      broken: column.broken,
      reference_rows: column.referenceRows,
      current_rows: column.currentRows,
      missing: column.missing,
      ...(calibration === undefined
        ? {}
        : { p_value: calibration.pValue, adjusted_p_value: calibration.adjusted, effect: calibration.effect }),
      ...(vectors === undefined
        ? {}
        : {
            dimension: vectors.dimension,
            rows_looked_at: vectors.looked,
          }),
      sentence: column.why[language],
      ...(histogram === undefined ? {} : { histogram: toHistogram(histogram) }),
    }
  })
}

function toHistogram(drawn: SharedDistribution): NonNullable<ReportColumn['histogram']> {
  const [reference, current] = [[...drawn.reference], [...drawn.current]]
  return drawn.kind === 'numbers'
    ? { kind: 'numbers', edges: [...drawn.edges], reference, current }
    : { kind: 'labels', labels: [...drawn.labels], reference, current, others: drawn.others }
}

export function toMetrics(figures: readonly Figure[], language: Language): ReportMetric[] {
  return figures.map(({ whyNot, ...figure }) =>
    whyNot === undefined ? figure : { ...figure, why_not: whyNot[language] },
  )
}

/** Performance by segment as it is sent. */
export function toSegments({ whole, segments, columns, ...found }: FoundSegments, language: Language): ReportSegments {
  return {
    ...found,
    whole: { ...whole, sentence: whole.sentence[language] },
    segments: segments.map((segment) => ({
      ...segment,
      title: nameOfSegment(segment, language),
      sentence: segment.sentence[language],
    })),
    columns: columns.map(({ why_not, ...column }) =>
      why_not === undefined ? column : { ...column, why_not: why_not[language] },
    ),
  }
}

/** Columns together as they are sent. */
export const toMultivariate = (found: readonly FoundMultivariate[], language: Language): ReportMultivariate[] =>
  found.map((one) => ({ ...one, sentence: one.sentence[language] }))
