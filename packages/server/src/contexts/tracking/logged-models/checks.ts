import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { invalidValue, missingValue } from '../../../platform/mlflow/index.js'
import { checkLength } from '../checks.js'
import type { Tag } from '../model.js'

/** Throws `logged_model_name_invalid`. */
export function checkLoggedModelName(name: string): void {
  if (name === '' || /[/:.%"']/.test(name)) throw new FabriqueError('logged_model_name_invalid', { name })
  checkLength('name', name, limit('mlflow.experiment_name_chars_max'))
}

/**
 * Parameters or tags of one request by key; of a tag that is there twice the last counts. Keys may hold any character, as
 * upstream allows.
 */
export function checkedEntries(entries: readonly Tag[], field: 'params' | 'tags'): ReadonlyMap<string, string> {
  const max = limit('mlflow.logged_model_entries_max')
  if (entries.length > max) {
    throw new FabriqueError('mlflow_batch_too_large', { entities: field, found: entries.length, limit: max })
  }
  const byKey = new Map<string, string>()
  for (const [index, { key, value }] of entries.entries()) {
    const at = `${field}[${index}]`
    if (key === '') throw missingValue(`${at}.key`)
    checkLength(`${at}.key`, key, limit('mlflow.key_chars_max'))
    checkLength(`${at}.value`, value, limit('mlflow.logged_model_value_chars_max'))
    const known = byKey.get(key)
    if (field === 'params' && known !== undefined && known !== value) {
      throw invalidValue(`${at}.key`, key, 'the parameter is there twice with different values')
    }
    byKey.set(key, value)
  }
  return byKey
}
