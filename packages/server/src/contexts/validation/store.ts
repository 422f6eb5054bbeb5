import type { CheckResult, ValidationResult } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'

type ValidationTables = {
  validations: {
    id: string
    snapshot_id: string
    project: string
    dataset: string
    suite_digest: string
    success: boolean
    evaluated: number
    failed: number
    checks: string
    created_at: Date
  }
}

export const validationTables = (ctx: VerbContext) => ctx.db.withTables<ValidationTables>()

export interface ValidationRow {
  readonly id: string
  readonly snapshot_id: string
  readonly project: string
  readonly dataset: string
  readonly success: boolean
  readonly evaluated: number
  readonly failed: number
  /** The driver parses jsonb; it was made by `evaluate`. */
  readonly checks: unknown
  readonly created_at: Date
}

export function toValidation(row: ValidationRow): ValidationResult {
  return {
    id: row.id,
    snapshot_id: row.snapshot_id,
    project: row.project,
    dataset: row.dataset,
    success: row.success,
    evaluated: row.evaluated,
    failed: row.failed,
    checks: row.checks as CheckResult[],
    created_at: row.created_at.toISOString(),
  }
}
