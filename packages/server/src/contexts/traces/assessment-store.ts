import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import { type Assessment, storable } from './model.js'
import type { NewAssessment } from './schema.js'

/** The run that made an assessment stands in its metadata. */
const sourceRunKey = 'mlflow.assessment.sourceRunId'

const asRecord = (record: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [storable(key), storable(value)]))

/** The assessment that a caller gave, with what the server adds. */
export function toAssessment(
  given: NewAssessment,
  made: { readonly id: string; readonly traceId: string; readonly now: number },
): Assessment {
  const metadata = asRecord(given.metadata)
  return {
    ...given,
    id: made.id,
    trace_id: made.traceId,
    name: storable(given.name),
    rationale: given.rationale === null ? null : storable(given.rationale),
    metadata,
    run_id: metadata[sourceRunKey] ?? null,
    is_valid: true,
    created_ms: given.created_ms ?? made.now,
    updated_ms: given.updated_ms ?? made.now,
  }
}

/** The number that a JSON text stands for in comparisons and means: itself, 1 for true and "yes", 0 for false and "no". */
export function numberIn(json: string): number | null {
  if (json === 'true' || json === '"yes"') return 1
  if (json === 'false' || json === '"no"') return 0
  return /^-?\d/.test(json) && Number.isFinite(Number(json)) ? Number(json) : null
}

function errorJson(assessment: Assessment): string | null {
  if (assessment.error === null) return null
  const { error_code, error_message, stack_trace } = assessment.error
  const clean = (text: string | undefined) => (text === undefined ? undefined : storable(text))
  return JSON.stringify({
    error_code: clean(error_code),
    error_message: clean(error_message),
    stack_trace: clean(stack_trace),
  })
}

export async function insertAssessments(ctx: VerbContext, assessments: readonly Assessment[]): Promise<void> {
  for (const a of assessments) {
    await sql`
      insert into trace_assessments (id, trace_id, kind, name, value, number_value, error, serialization_format, source_type,
        source_id, span_id, run_id, rationale, metadata, overrides, is_valid, created_ms, updated_ms)
      values (${a.id}, ${a.trace_id}, ${a.kind}, ${a.name}, ${a.value}, ${numberIn(a.value)}, ${errorJson(a)},
        ${a.serialization_format}, ${storable(a.source_type)}, ${storable(a.source_id)}, ${a.span_id}, ${a.run_id}, ${a.rationale},
        ${JSON.stringify(a.metadata)}, ${a.overrides}, ${a.is_valid}, ${a.created_ms}, ${a.updated_ms})
    `.execute(ctx.db)
  }
}

export async function updateAssessmentRow(ctx: VerbContext, a: Assessment): Promise<void> {
  await sql`
    update trace_assessments set name = ${a.name}, value = ${a.value}, number_value = ${numberIn(a.value)}, error = ${errorJson(a)},
      serialization_format = ${a.serialization_format}, rationale = ${a.rationale}, metadata = ${JSON.stringify(a.metadata)},
      is_valid = ${a.is_valid}, updated_ms = ${a.updated_ms}
    where id = ${a.id}
  `.execute(ctx.db)
}

export async function selectAssessment(ctx: VerbContext, traceId: string, id: string): Promise<Assessment | undefined> {
  const { rows } = await sql<Assessment>`
    select id, trace_id, kind, name, value, error, serialization_format, source_type, source_id, span_id, run_id, rationale,
      metadata, overrides, is_valid, created_ms, updated_ms
    from trace_assessments where id = ${id} and trace_id = ${traceId}
  `.execute(ctx.db)
  return rows[0]
}

export async function countAssessments(ctx: VerbContext, traceId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from trace_assessments where trace_id = ${traceId}
  `.execute(ctx.db)
  return rows[0]?.count ?? 0
}

/** Marks an assessment as overridden or valid again; false when it is not there. */
export async function setValid(ctx: VerbContext, traceId: string, id: string, isValid: boolean): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update trace_assessments set is_valid = ${isValid} where id = ${id} and trace_id = ${traceId}
  `.execute(ctx.db)
  return Number(numAffectedRows ?? 0) > 0
}

export async function deleteAssessmentRow(ctx: VerbContext, id: string): Promise<void> {
  await sql`delete from trace_assessments where id = ${id}`.execute(ctx.db)
}
