import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, readVerb } from '../../platform/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'
import {
  countAssessments,
  deleteAssessmentRow,
  insertAssessments,
  selectAssessment,
  setValid,
  toAssessment,
  updateAssessmentRow,
} from './assessment-store.js'
import { checkAssessment } from './check-assessment.js'
import { type Assessment, storable } from './model.js'
import { AssessmentError, NewAssessment, Text, TextRecord, TraceId } from './schema.js'
import { lockTrace, selectTrace, traceChanged } from './trace-store.js'

const AssessmentId = TraceId.extend({ assessment_id: Text })

function notFound(traceId: string, id: string): FabriqueError {
  return new FabriqueError('assessment_not_found', { assessment: id, trace: traceId })
}

/**
 * Adds feedback, an expectation or an issue to a trace; one that it overrides is valid no more.
 * Throws `trace_not_found`, `assessment_not_found`.
 */
export const createAssessment = changeVerb({
  name: 'traces.create_assessment',
  permission: 'traces.write',
  input: TraceId.extend({ assessment: NewAssessment }),
  async run({ ctx, input, record }): Promise<Assessment> {
    const { trace_id, assessment } = input
    checkAssessment(assessment)
    const { experiment_id } = await lockTrace(ctx, trace_id)
    const max = limit('traces.assessments_max')
    if ((await countAssessments(ctx, trace_id)) >= max) {
      throw invalidValue('trace_id', trace_id, `a trace has at most ${max} assessments`)
    }
    if (assessment.overrides !== null && !(await setValid(ctx, trace_id, assessment.overrides, false))) {
      throw notFound(trace_id, assessment.overrides)
    }
    const now = ctx.clock.now().getTime()
    const made = toAssessment(assessment, { id: `a-${ctx.ids.hex32()}`, traceId: trace_id, now })
    await insertAssessments(ctx, [made])
    await record(traceChanged(trace_id, experiment_id, `${made.kind} ${made.name}`))
    return made
  },
})

/** One assessment. Throws `trace_not_found`, `assessment_not_found`. */
export const getAssessment = readVerb({
  name: 'traces.get_assessment',
  permission: 'traces.read',
  input: AssessmentId,
  async run({ ctx, input }): Promise<Assessment> {
    const found = await selectAssessment(ctx, input.trace_id, input.assessment_id)
    if (found !== undefined) return found
    await selectTrace(ctx, input.trace_id)
    throw notFound(input.trace_id, input.assessment_id)
  },
})

const AssessmentChange = z.object({
  name: Text.optional(),
  /** The kind that the new value is of; must be the kind of the assessment. */
  kind: z.enum(['feedback', 'expectation', 'issue']).optional(),
  value: z.string().optional(),
  error: AssessmentError.nullable().optional(),
  serialization_format: Text.nullable().optional(),
  rationale: Text.nullable().optional(),
  /** Added to what is there. */
  metadata: TextRecord.optional(),
  is_valid: z.boolean().optional(),
})

/** Changes an assessment; its source and span stay. Throws `trace_not_found`, `assessment_not_found`. */
export const updateAssessment = changeVerb({
  name: 'traces.update_assessment',
  permission: 'traces.write',
  input: AssessmentId.extend({ change: AssessmentChange }),
  async run({ ctx, input, record }): Promise<Assessment> {
    const { trace_id, assessment_id, change } = input
    const { experiment_id } = await lockTrace(ctx, trace_id)
    const old = await selectAssessment(ctx, trace_id, assessment_id)
    if (old === undefined) throw notFound(trace_id, assessment_id)
    if (change.kind !== undefined && change.kind !== old.kind) {
      throw invalidValue('assessment', change.kind, `Cannot update ${change.kind} value on a ${old.kind} assessment.`)
    }
    const changed: Assessment = {
      ...old,
      name: storable(change.name ?? old.name),
      value: change.value ?? old.value,
      error: change.error === undefined ? old.error : change.error,
      serialization_format:
        change.serialization_format === undefined ? old.serialization_format : change.serialization_format,
      rationale: change.rationale === undefined ? old.rationale : change.rationale && storable(change.rationale),
      metadata: { ...old.metadata, ...storableRecord(change.metadata ?? {}) },
      is_valid: change.is_valid ?? old.is_valid,
      updated_ms: ctx.clock.now().getTime(),
    }
    checkAssessment(changed)
    await updateAssessmentRow(ctx, changed)
    await record(traceChanged(trace_id, experiment_id, `${changed.kind} ${changed.name}`))
    return changed
  },
})

/** Removes an assessment; the one that it overrode is valid again. Again is fine. Throws `trace_not_found`. */
export const deleteAssessment = changeVerb({
  name: 'traces.delete_assessment',
  permission: 'traces.write',
  input: AssessmentId,
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const { trace_id, assessment_id } = input
    const { experiment_id } = await lockTrace(ctx, trace_id)
    const old = await selectAssessment(ctx, trace_id, assessment_id)
    if (old === undefined) {
      unchanged()
      return
    }
    if (old.overrides !== null) await setValid(ctx, trace_id, old.overrides, true)
    await deleteAssessmentRow(ctx, assessment_id)
    await record(traceChanged(trace_id, experiment_id, `${old.kind} ${old.name} removed`))
  },
})

function storableRecord(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [storable(key), storable(value)]))
}
