import {
  type CheckResult,
  type Expectation,
  FabriqueError,
  type Json,
  type Suite,
  type ValidationResult,
  type ValidationSummary,
} from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'

type ValidationTables = {
  validations: {
    id: string
    snapshot_id: string
    project: string
    dataset: string
    suite: string
    suite_digest: string
    engine_version: number
    success: boolean
    evaluated: number
    failed: number
    failed_critical: number
    failed_warning: number
    failed_info: number
    not_evaluated: number
    checks: string
    snapshot_created_at: Date
    created_at: Date
  }
  validation_checks: {
    validation_id: string
    position: number
    identity: string
    success: boolean
    is_evaluated: boolean
    unexpected_share: number | null
    observed: string | null
  }
  suites: {
    project: string
    dataset: string
    name: string
    expectations: string
    meta: string
    updated_by: string
    updated_at: Date
  }
}

export const validationTables = (ctx: VerbContext) => ctx.db.withTables<ValidationTables>()

/** The columns of a validation without what its checks found. */
export const summaryColumns = [
  'id',
  'snapshot_id',
  'project',
  'dataset',
  'suite',
  'success',
  'evaluated',
  'failed',
  'failed_critical',
  'failed_warning',
  'failed_info',
  'not_evaluated',
  'created_at',
] as const

export interface SummaryRow {
  readonly id: string
  readonly snapshot_id: string
  readonly project: string
  readonly dataset: string
  readonly suite: string
  readonly success: boolean
  readonly evaluated: number
  readonly failed: number
  readonly failed_critical: number
  readonly failed_warning: number
  readonly failed_info: number
  readonly not_evaluated: number
  readonly created_at: Date
}

export interface ValidationRow extends SummaryRow {
  readonly suite_digest: string
  readonly engine_version: number
  /** The driver parses jsonb; it was made by the engine. */
  readonly checks: unknown
}

export function toSummary(row: SummaryRow): ValidationSummary {
  return {
    id: row.id,
    snapshot_id: row.snapshot_id,
    project: row.project,
    dataset: row.dataset,
    suite: row.suite,
    success: row.success,
    evaluated: row.evaluated,
    failed: row.failed,
    failed_by_severity: {
      critical: row.failed_critical,
      warning: row.failed_warning,
      info: row.failed_info,
    },
    not_evaluated: row.not_evaluated,
    created_at: row.created_at.toISOString(),
  }
}

export function toValidation(row: ValidationRow): ValidationResult {
  const checks = (row.checks as CheckResult[]).map(withSeverity)
  return { ...toSummary(row), checks }
}

/** Checks of before severities were known are critical: they all blocked what follows. */
function withSeverity(check: CheckResult): CheckResult {
  return { ...check, expectation: { ...check.expectation, severity: check.expectation.severity ?? 'critical' } }
}

export interface SuiteRow {
  readonly project: string
  readonly dataset: string
  readonly name: string
  /** The driver parses jsonb; both were checked when they were written. */
  readonly expectations: unknown
  readonly meta: unknown
  readonly updated_by: string
  readonly updated_at: Date
}

export function toSuite(row: SuiteRow): Suite {
  return {
    project: row.project,
    dataset: row.dataset,
    name: row.name,
    expectations: row.expectations as Expectation[],
    meta: row.meta as Record<string, Json>,
    updated_by: row.updated_by,
    updated_at: row.updated_at.toISOString(),
  }
}

/** The row of a validation; throws `validation_not_found`. */
export async function findValidation(ctx: VerbContext, id: string): Promise<ValidationRow> {
  const row = await validationTables(ctx).selectFrom('validations').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new FabriqueError('validation_not_found', { validation: id })
  return row
}
