import { defineMlflowEndpoints, type MlflowParams, missingValue } from '../../platform/mlflow/index.js'
import { createAssessment, deleteAssessment, getAssessment, updateAssessment } from './assess.js'
import { readAssessment, readAssessmentValue, textMapOf, wireAssessment } from './wire.js'

const versions = ['3.0'] as const

const idsOf = (params: MlflowParams) => ({
  trace_id: params.requiredText('trace_id'),
  assessment_id: params.requiredText('assessment_id'),
})

/** The names in a field mask: one text with commas, a list, or an object with `paths`; in camelCase or snake_case. */
function maskOf(params: MlflowParams): ReadonlySet<string> {
  const raw = params.raw('update_mask')
  if (raw === undefined) throw missingValue('update_mask')
  const paths =
    typeof raw === 'string'
      ? raw.split(',')
      : Array.isArray(raw)
        ? params.texts('update_mask')
        : (params.object('update_mask')?.texts('paths') ?? [])
  return new Set(paths.map((path) => path.trim().replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)))
}

function changeOf(assessment: MlflowParams, mask: ReadonlySet<string>) {
  const value =
    mask.has('feedback') || mask.has('expectation') || mask.has('issue') ? readAssessmentValue(assessment) : undefined
  return {
    ...(mask.has('assessment_name') ? { name: assessment.requiredText('assessment_name') } : {}),
    ...(value ?? {}),
    // A value that is not serialised replaces one that was.
    ...(value === undefined || 'serialization_format' in value ? {} : { serialization_format: null }),
    ...(mask.has('rationale') ? { rationale: assessment.text('rationale') ?? null } : {}),
    ...(mask.has('metadata') ? { metadata: textMapOf(assessment, 'metadata') } : {}),
    ...(mask.has('valid') ? { is_valid: assessment.flag('valid') ?? true } : {}),
  }
}

export const assessmentEndpoints = defineMlflowEndpoints([
  {
    method: 'POST',
    path: 'traces/:trace_id/assessments',
    versions,
    handle: async ({ ctx, params }) => {
      const assessment = params.object('assessment')
      if (assessment === undefined) throw missingValue('assessment')
      const input = { trace_id: params.requiredText('trace_id'), assessment: readAssessment(assessment) }
      return { assessment: wireAssessment(await createAssessment({ ctx, input })) }
    },
  },
  {
    method: 'GET',
    path: 'traces/:trace_id/assessments/:assessment_id',
    versions,
    handle: async ({ ctx, params }) => ({
      assessment: wireAssessment(await getAssessment({ ctx, input: idsOf(params) })),
    }),
  },
  {
    method: 'PATCH',
    path: 'traces/:trace_id/assessments/:assessment_id',
    versions,
    handle: async ({ ctx, params }) => {
      const assessment = params.object('assessment')
      if (assessment === undefined) throw missingValue('assessment')
      const input = { ...idsOf(params), change: changeOf(assessment, maskOf(params)) }
      return { assessment: wireAssessment(await updateAssessment({ ctx, input })) }
    },
  },
  {
    method: 'DELETE',
    path: 'traces/:trace_id/assessments/:assessment_id',
    versions,
    handle: async ({ ctx, params }) => {
      await deleteAssessment({ ctx, input: idsOf(params) })
      return {}
    },
  },
])
