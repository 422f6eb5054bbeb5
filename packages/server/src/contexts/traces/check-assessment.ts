import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'
import { checkedPairs } from './checks.js'
import type { NewAssessment } from './schema.js'

/** Throws `mlflow_invalid_value`, `mlflow_value_too_long`. */
export function checkAssessment(assessment: Pick<NewAssessment, 'name' | 'value' | 'metadata'>): void {
  const nameMax = limit('mlflow.key_chars_max')
  if (assessment.name === '' || [...assessment.name].length > nameMax) {
    throw invalidValue('assessment.assessment_name', assessment.name, `it has 1 to ${nameMax} characters`)
  }
  const found = Buffer.byteLength(assessment.value)
  const bytesMax = limit('traces.assessment_bytes_max')
  if (found > bytesMax) {
    const path = 'assessment.value'
    throw new FabriqueError('mlflow_value_too_long', { path, found, limit: bytesMax }, { field: path })
  }
  if (!isJson(assessment.value)) throw invalidValue('assessment.value', assessment.value, 'it must be JSON')
  checkedPairs(assessment.metadata, 'assessment.metadata', limit('traces.metadata_value_chars_max'))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    // The answer itself.
    return false
  }
}
