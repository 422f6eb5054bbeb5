import type { Explanation, ExplanationSummary } from '@fabrique/contract'
import { fromJsonb, type VerbContext } from '../../platform/index.js'

type ExplanationTables = {
  explanations: {
    id: string
    model: string
    version: number
    snapshot_id: string
    job_id: string
    request: string
    summary: string
    figures: string
    created_at: Date
    created_by: string
  }
}

export const explanationTables = (ctx: VerbContext) => ctx.db.withTables<ExplanationTables>()

/** What a list shows beside what stands in columns. */
export type StoredSummary = Pick<
  Explanation,
  'task' | 'classes' | 'rows' | 'metric' | 'score' | 'method' | 'standard_error' | 'seconds'
>

/** What only the page of an explanation shows. */
export type StoredFigures = Pick<Explanation, 'importance' | 'dependence' | 'contributions' | 'fairness'>

export const summaryColumns = ['id', 'model', 'version', 'snapshot_id', 'summary', 'created_at', 'created_by'] as const

export interface SummaryRow {
  readonly id: string
  readonly model: string
  readonly version: number
  readonly snapshot_id: string
  /** The driver parses jsonb; it was made here. */
  readonly summary: unknown
  readonly created_at: Date
  readonly created_by: string
}

export function toSummary(row: SummaryRow): ExplanationSummary {
  return {
    explanation_id: row.id,
    model: row.model,
    version: String(row.version),
    snapshot_id: row.snapshot_id,
    ...fromJsonb<StoredSummary>(row.summary),
    created_at: row.created_at.toISOString(),
    created_by: row.created_by,
  }
}
