import { limit } from '../../kernel/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'
import { cutText, storable } from './model.js'

/** Ids that clients choose: letters, digits, `_` and `-`, as `tr-` with 32 hex digits. */
export function checkTraceId(id: string): void {
  if (!/^[a-zA-Z0-9][\w-]{0,127}$/.test(id)) {
    throw invalidValue('trace_id', id, 'it must be letters, digits, _ and -, at most 128')
  }
}

/** Tags or metadata as they are stored: long values are cut, as MLflow does. Throws `mlflow_invalid_value`. */
export function checkedPairs(
  pairs: Readonly<Record<string, string>>,
  path: string,
  valueCharsMax: number,
): Readonly<Record<string, string>> {
  const entries = Object.entries(pairs)
  const max = limit('traces.tags_max')
  if (entries.length > max) throw invalidValue(path, entries.length, `at most ${max} are allowed`)
  return Object.fromEntries(entries.map(([key, value]) => checkedPair(key, value, path, valueCharsMax)))
}

export function checkedPair(
  key: string,
  value: string,
  path: string,
  valueCharsMax: number,
): readonly [string, string] {
  const max = limit('mlflow.key_chars_max')
  if (key === '' || [...key].length > max) throw invalidValue(path, key, `a key has 1 to ${max} characters`)
  return [storable(key), storable(cutText(value, valueCharsMax))]
}

/** The number in an experiment id. Throws `mlflow_invalid_value`. */
export function checkedExperimentId(id: string, path = 'experiment_id'): string {
  if (!/^\d{1,18}$/.test(id)) throw invalidValue(path, id, 'an experiment id is a whole number')
  return id
}

/** Throws `mlflow_invalid_value`. */
export function checkedPageSize(size: number, max: number): number {
  if (size >= 1 && size <= max) return size
  throw invalidValue(
    'max_results',
    size,
    `Invalid value for request parameter max_results: it must be from 1 to ${max}`,
  )
}
